// Orders in the sandbox have the shapes of Tradovate's own, are found again by clOrdId, and are refused as Tradovate refuses.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loggedIn, start, statusAndText } from './sandbox/client.mjs'

const USERS = [
  { name: 'trader', password: 'p', accounts: [{ id: 7, name: 'DEMO7' }] },
  { name: 'other', password: 'p', accounts: [{ id: 8 }] },
]
const ORDER = { accountId: 7, action: 'Buy', symbol: 'MESZ6', orderQty: 1, orderType: 'Market' }
const LIMIT = { ...ORDER, orderType: 'Limit', price: 5000.25, timeInForce: 'GTC' }
const DENIED = { failureReason: 'UnknownReason', failureText: 'Access is denied' }

async function trader(t) {
  const sandbox = await start(t, { users: USERS })
  return { sandbox, ...(await loggedIn(sandbox)) }
}

const idsOf = entities => entities.map(({ id }) => id)

describe('an order', () => {
  it('is listed once after it was placed, with the fields of the entity and no other', async t => {
    const { get, post } = await trader(t)
    assert.deepEqual(await get('order/list'), [])
    const { orderId, ...rest } = await post('order/placeorder', LIMIT)
    assert.deepEqual(rest, {})
    const [{ timestamp, contractId, ...order }, ...more] = await get('order/list')
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000)
    assert.equal((await get(`contract/item?id=${contractId}`)).name, 'MESZ6')
    const fields = {
      id: orderId,
      accountId: 7,
      action: 'Buy',
      ordStatus: 'Working',
      executionProviderId: 2,
      admin: false,
    }
    assert.deepEqual([order, more], [fields, []])
  })

  it('has its quantity, type and prices in its version', async t => {
    const { get, post } = await trader(t)
    const { orderId } = await post('order/placeOrder', LIMIT)
    const [{ id, ...version }] = await get('orderVersion/list')
    assert.equal(typeof id, 'number')
    assert.deepEqual(version, { orderId, orderQty: 1, orderType: 'Limit', price: 5000.25, timeInForce: 'GTC' })
    assert.deepEqual(await get(`orderVersion/deps?masterid=${orderId}`), [{ id, ...version }])
  })

  it('is found by the clOrdId of its command', async t => {
    const { get, post } = await trader(t)
    await post('order/placeorder', ORDER)
    const { orderId } = await post('order/placeorder', { ...ORDER, clOrdId: 'mine-2' })
    const command = (await get('command/list')).find(({ clOrdId }) => clOrdId === 'mine-2')
    assert.deepEqual([command.orderId, command.commandType], [orderId, 'New'])
    assert.equal((await get(`order/item?id=${command.orderId}`)).id, orderId)
  })

  it('can be had alone, with others, and by its account', async t => {
    const { call, get, post } = await trader(t)
    const placed = [await post('order/placeorder', ORDER), await post('order/placeorder', ORDER)]
    const [one, two] = placed.map(({ orderId }) => orderId)
    assert.equal((await get(`order/item?id=${two}`)).id, two)
    assert.deepEqual(idsOf(await get(`order/items?ids=${two},${one},5`)), [one, two])
    assert.deepEqual(idsOf(await get('order/deps?masterid=7')), [one, two])
    assert.deepEqual(await statusAndText(await call('order/item?id=5')), [404, ''])
    assert.deepEqual(await statusAndText(await call('order/item')), [400, 'Missing or malformed parameter: id'])
  })

  it('may name its account by accountSpec', async t => {
    const { get, post } = await trader(t)
    const { accountId: _, ...order } = ORDER
    assert.equal(typeof (await post('order/placeorder', { ...order, accountSpec: 'DEMO7' })).orderId, 'number')
    assert.equal((await get('order/list'))[0].accountId, 7)
  })

  it('of one user is not seen by another', async t => {
    const { sandbox, post } = await trader(t)
    const { orderId } = await post('order/placeorder', ORDER)
    const other = await loggedIn(sandbox, USERS[1])
    assert.deepEqual([await other.get('order/list'), await other.get('command/list')], [[], []])
    assert.deepEqual(await other.post('order/cancelorder', { orderId }), DENIED)
  })

  it('is kept with a thousand others', async t => {
    const { get, post } = await trader(t)
    for (let i = 0; i < 1_001; i += 1) await post('order/placeorder', { ...ORDER, orderQty: i + 1 })
    assert.equal((await get('order/list')).length, 1_000)
    const versions = await get('orderversion/list')
    assert.deepEqual([versions.length, versions[0].orderQty, versions.at(-1).orderQty], [1_000, 2, 1_001])
  })
})

describe('a cancellation', () => {
  it('is a command of its own and ends the order', async t => {
    const { get, post } = await trader(t)
    const { orderId } = await post('order/placeorder', ORDER)
    const { commandId } = await post('order/cancelorder', { orderId, clOrdId: 'stop' })
    assert.equal((await get(`order/item?id=${orderId}`)).ordStatus, 'Canceled')
    const { orderId: of, commandType, clOrdId } = await get(`command/item?id=${commandId}`)
    assert.deepEqual([of, commandType, clOrdId], [orderId, 'Cancel', 'stop'])
  })

  it('of a finished order is TooLate', async t => {
    const { post } = await trader(t)
    const { orderId } = await post('order/placeorder', ORDER)
    await post('order/cancelorder', { orderId })
    const { failureReason, commandId } = await post('order/cancelorder', { orderId })
    assert.deepEqual([failureReason, commandId], ['TooLate', undefined])
  })
})

describe('a refused order is an HTTP 200 that says so, and leaves no order behind', () => {
  const cases = {
    'of an unknown account': [{ accountId: 1 }, DENIED],
    'of another user': [{ accountId: 8 }, DENIED],
    'of no account': [{ accountId: undefined }, DENIED],
    'of nothing': [{ orderQty: 0 }, { failureReason: 'UnknownReason', failureText: 'Invalid order quantity' }],
    'of a half': [{ orderQty: 0.5 }, { failureReason: 'UnknownReason', failureText: 'Invalid order quantity' }],
    'with a limit and no price': [
      { orderType: 'Limit' },
      { failureReason: 'InvalidPrice', failureText: 'Invalid price' },
    ],
    'with a stop and no price': [
      { orderType: 'Stop' },
      { failureReason: 'InvalidPrice', failureText: 'Invalid price' },
    ],
  }
  for (const [what, [fields, wanted]] of Object.entries(cases)) {
    it(what, async t => {
      const { sandbox, call, get } = await trader(t)
      const body = JSON.stringify({ ...ORDER, ...fields })
      const answer = await call('order/placeorder', { method: 'POST', body })
      assert.deepEqual([answer.status, await answer.json()], [200, wanted])
      assert.equal(sandbox.log.at(-1).outcome, 'refused')
      assert.deepEqual(await get('order/list'), [])
    })
  }

  it('with fields missing, by violations', async t => {
    const { get, post } = await trader(t)
    const { violations } = await post('order/placeorder', {})
    assert.deepEqual(
      violations.map(({ description }) => description.split(' ')[0]),
      ['action', 'symbol', 'orderQty', 'orderType'],
    )
    assert.deepEqual(await get('order/list'), [])
  })
})

it('positions and fills are there and empty', async t => {
  const { get } = await trader(t)
  assert.deepEqual([await get('position/list'), await get('fill/list')], [[], []])
})
