// Orders in the sandbox have the shapes of Tradovate's own, are found again by clOrdId, can be changed and ended, and are refused as
// Tradovate refuses.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loggedIn, MONDAY, statusAndText, trader } from './sandbox/client.mjs'

const ORDER = { accountId: 7, action: 'Buy', symbol: 'MESZ6', orderQty: 1, orderType: 'Market' }
const LIMIT = { ...ORDER, orderType: 'Limit', price: 5000.25, timeInForce: 'GTC' }
const DENIED = { failureReason: 'UnknownReason', failureText: 'Access is denied' }

const idsOf = entities => entities.map(({ id }) => id)

describe('an order', () => {
  it('is listed once after it was placed, with the fields of the entity and no other', async t => {
    const { get, post } = await trader(t)
    assert.deepEqual(await get('order/list'), [])
    const { orderId, ...rest } = await post('order/placeorder', LIMIT)
    assert.deepEqual(rest, {})
    const [{ timestamp, contractId, ...order }, ...more] = await get('order/list')
    assert.equal(Date.parse(timestamp), MONDAY)
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
    const { sandbox, users, post } = await trader(t)
    const { orderId } = await post('order/placeorder', LIMIT)
    const other = await loggedIn(sandbox, users[1])
    for (const kind of ['order', 'command', 'executionReport']) assert.deepEqual(await other.get(`${kind}/list`), [])
    assert.deepEqual(await other.post('order/cancelorder', { orderId }), DENIED)
    const change = { orderId, orderQty: 2, orderType: 'Market' }
    assert.deepEqual(await other.post('order/modifyorder', change), DENIED)
    const liquidation = { accountId: 7, contractId: 960_001, admin: false }
    assert.deepEqual(await other.post('order/liquidateposition', liquidation), DENIED)
  })

  it('of an account that two users have is seen and cancelled by both', async t => {
    const users = ['one', 'two'].map(name => ({ name, password: 'p', accounts: [{ id: 7 }] }))
    const { sandbox, post, statusOf } = await trader(t, { users })
    const { orderId } = await post('order/placeorder', LIMIT)
    const other = await loggedIn(sandbox, users[1])
    assert.deepEqual(idsOf(await other.get('order/list')), [orderId])
    await other.post('order/cancelorder', { orderId })
    assert.equal(await statusOf(orderId), 'Canceled')
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
    const { orderId } = await post('order/placeorder', LIMIT)
    const { commandId } = await post('order/cancelorder', { orderId, clOrdId: 'stop' })
    assert.equal((await get(`order/item?id=${orderId}`)).ordStatus, 'Canceled')
    const { orderId: of, commandType, clOrdId } = await get(`command/item?id=${commandId}`)
    assert.deepEqual([of, commandType, clOrdId], [orderId, 'Cancel', 'stop'])
  })

  it('of a finished order is TooLate, be it cancelled or filled', async t => {
    const { post } = await trader(t)
    const { orderId: cancelled } = await post('order/placeorder', LIMIT)
    await post('order/cancelorder', { orderId: cancelled })
    const { orderId: filled } = await post('order/placeorder', ORDER)
    for (const orderId of [cancelled, filled]) {
      const { failureReason, commandId } = await post('order/cancelorder', { orderId })
      assert.deepEqual([failureReason, commandId], ['TooLate', undefined])
    }
  })
})

it('a change that is to be activated later is refused', async t => {
  const { post, place, statusOf } = await trader(t)
  const orderId = await place(LIMIT)
  const later = { orderId, activationTime: '2026-12-01T00:00:00Z' }
  for (const [path, more] of [
    ['order/cancelorder', {}],
    ['order/modifyorder', { orderQty: 1, orderType: 'Market' }],
  ]) {
    assert.equal((await post(path, { ...later, ...more })).failureReason, 'Unsupported')
  }
  assert.equal(await statusOf(orderId), 'Working')
})

describe('a modification', () => {
  it('is a command and a version of its own, and the order works on by it', async t => {
    const { get, post, place, statusOf, sandbox, fillsOf } = await trader(t)
    const orderId = await place(LIMIT)
    const { commandId } = await post('order/modifyorder', {
      orderId,
      clOrdId: 'higher',
      orderQty: 3,
      orderType: 'Limit',
      price: 5999,
    })
    const versions = await get(`orderversion/deps?masterid=${orderId}`)
    assert.deepEqual(
      versions.map(({ id, orderQty, price }) => [id === commandId, orderQty, price]),
      [
        [false, 1, 5000.25],
        [true, 3, 5999],
      ],
    )
    const command = await get(`command/item?id=${commandId}`)
    assert.deepEqual([command.commandType, command.clOrdId], ['Modify', 'higher'])
    assert.equal((await get(`executionreport/deps?masterid=${commandId}`))[0].execType, 'Replaced')
    assert.equal(await statusOf(orderId), 'Working')
    sandbox.movePrice('MESZ6', 5998)
    assert.deepEqual(
      (await fillsOf(orderId)).map(({ qty, price }) => [qty, price]),
      [[3, 5999]],
    )
  })

  it('to a price that the market has is a fill', async t => {
    const { post, place, statusOf } = await trader(t)
    const orderId = await place(LIMIT)
    await post('order/modifyorder', { orderId, orderQty: 1, orderType: 'Market' })
    assert.equal(await statusOf(orderId), 'Filled')
  })

  it('to a stop on the wrong side of the market is rejected, and the old terms stay', async t => {
    const { get, post, place, statusOf, sandbox } = await trader(t)
    const orderId = await place({ orderType: 'Stop', stopPrice: 6010 })
    const { commandId } = await post('order/modifyorder', { orderId, orderQty: 1, orderType: 'Stop', stopPrice: 5990 })
    const { commandStatus, rejectReason } = (await get(`commandreport/deps?masterid=${commandId}`))[0]
    assert.deepEqual([commandStatus, rejectReason], ['ExecutionRejected', 'InvalidPrice'])
    assert.equal(await statusOf(orderId), 'Working')
    sandbox.movePrice('MESZ6', 6010)
    assert.equal(await statusOf(orderId), 'Filled')
  })

  it('is refused as an order is, and of a finished order it is TooLate', async t => {
    const { get, post, place } = await trader(t)
    const orderId = await place(LIMIT)
    const modified = fields => post('order/modifyorder', { orderId, orderQty: 1, orderType: 'Limit', ...fields })
    assert.equal((await modified({ orderQty: 0, price: 1 })).failureText, 'Invalid order quantity')
    assert.equal((await modified({})).failureReason, 'InvalidPrice')
    assert.equal((await get('command/list')).length, 1)
    await post('order/cancelorder', { orderId })
    assert.equal((await modified({ price: 1 })).failureReason, 'TooLate')
  })
})

describe('a liquidation', () => {
  it('cancels the orders of that contract, and closes its position by a market order', async t => {
    const { get, post, place, statusOf } = await trader(t)
    await place({ orderQty: 3 })
    const [limit, elsewhere] = [await place(LIMIT), await place({ ...LIMIT, symbol: 'MNQZ6', price: 20_000 })]
    const [{ contractId }] = await get('position/list')
    const body = { accountId: 7, contractId, admin: false, customTag50: 'flat' }
    const { orderId } = await post('order/liquidateposition', body)
    assert.deepEqual([await statusOf(limit), await statusOf(elsewhere)], ['Canceled', 'Working'])
    const [{ orderQty, orderType }] = await get(`orderversion/deps?masterid=${orderId}`)
    assert.deepEqual([orderQty, orderType, (await get('position/list'))[0].netPos], [3, 'Market', 0])
    assert.equal((await get(`command/deps?masterid=${orderId}`))[0].customTag50, 'flat')
    assert.deepEqual(await post('order/liquidateposition', body), {})
  })

  it('of several positions closes all, or none if one of them is not the caller’s', async t => {
    const { get, post, place } = await trader(t)
    for (const symbol of ['MESZ6', 'MNQZ6']) await place({ symbol, action: 'Sell' })
    const positions = (await get('position/list')).map(({ id }) => id)
    const liquidated = ids => post('order/liquidatepositions', { positions: ids, admin: false })
    assert.deepEqual(await liquidated([...positions, 1]), { ok: false, errorText: 'Position not found' })
    const netPositions = async () => (await get('position/list')).map(({ netPos }) => netPos)
    assert.deepEqual(await netPositions(), [-1, -1])
    assert.deepEqual(await liquidated(positions), { ok: true })
    assert.deepEqual(await netPositions(), [0, 0])
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
    'with a price between two ticks': [
      { orderType: 'Limit', price: 5000.1 },
      { failureReason: 'InvalidPrice', failureText: 'Invalid price' },
    ],
    'of a contract that is none': [
      { symbol: 'XYZ6' },
      { failureReason: 'InvalidContract', failureText: 'Contract not found' },
    ],
    'of a type that the sandbox has not': [
      { orderType: 'MIT', price: 5000 },
      { failureReason: 'Unsupported', failureText: 'The sandbox has no MIT orders' },
    ],
    'that is to be activated later': [
      { activationTime: '2026-12-01T00:00:00Z' },
      { failureReason: 'Unsupported', failureText: 'The sandbox has no activationTime' },
    ],
    'good till a date that is past': [
      { ...LIMIT, timeInForce: 'GTD', expireTime: '2020-01-01T00:00:00Z' },
      { failureReason: 'UnknownReason', failureText: 'Invalid expire time' },
    ],
    'good till a date that is missing': [
      { ...LIMIT, timeInForce: 'GTD' },
      { failureReason: 'UnknownReason', failureText: 'Invalid expire time' },
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

  it('with values that are none of the known, by violations', async t => {
    const { post } = await trader(t)
    const { violations } = await post('order/placeorder', { ...ORDER, action: 'buy', isAutomated: 'yes' })
    assert.deepEqual(
      violations.map(({ constraint, description }) => [constraint, description]),
      [
        ['OneOf', 'action must be one of Buy, Sell'],
        ['Type', 'isAutomated must be a boolean'],
      ],
    )
  })

  it('of an account that is closed', async t => {
    const users = [{ name: 'trader', password: 'p', accounts: [{ id: 7, active: false }] }]
    const { post } = await trader(t, { users })
    assert.equal((await post('order/placeorder', ORDER)).failureReason, 'AccountClosed')
  })
})

describe('an order that the exchange rejects', () => {
  it('was taken by Tradovate: it has an id, and the reason is in its reports', async t => {
    const { get, place, statusOf } = await trader(t)
    const orderId = await place({ action: 'Sell', orderType: 'Stop', stopPrice: 6000 })
    assert.equal(await statusOf(orderId), 'Rejected')
    const [{ id, commandStatus }] = await get(`command/deps?masterid=${orderId}`)
    assert.equal(commandStatus, 'ExecutionRejected')
    for (const kind of ['commandreport', 'executionreport']) {
      const [{ rejectReason, ordStatus }] = await get(`${kind}/deps?masterid=${id}`)
      assert.deepEqual([rejectReason, ordStatus], ['InvalidPrice', 'Rejected'])
    }
  })
})

it('positions and fills are there and empty', async t => {
  const { get } = await trader(t)
  assert.deepEqual([await get('position/list'), await get('fill/list')], [[], []])
})
