// Orders that hang together in the sandbox: OCO, OSO, and order strategies.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loggedIn, trader } from './sandbox/client.mjs'

const TARGET = { action: 'Sell', orderType: 'Limit', price: 6010 }
const STOP = { action: 'Sell', orderType: 'Stop', stopPrice: 5990 }

describe('an OCO', () => {
  const oco = ({ post, order }) => post('order/placeOCO', { ...order(TARGET), clOrdId: 'target', other: STOP })

  it('is two orders that name each other', async t => {
    const user = await trader(t)
    const { orderId, ocoId, ...rest } = await oco(user)
    assert.deepEqual(rest, {})
    const orders = await user.get('order/list')
    assert.deepEqual(
      orders.map(order => [order.id, order.ocoId, order.ordStatus]),
      [
        [orderId, ocoId, 'Working'],
        [ocoId, orderId, 'Working'],
      ],
    )
    const [, other] = await user.get('orderversion/list')
    assert.deepEqual([other.orderType, other.stopPrice, other.orderQty], ['Stop', 5990, 1])
  })

  for (const [price, wanted] of [
    [6010, ['Filled', 'Canceled']],
    [5990, ['Canceled', 'Filled']],
  ]) {
    it(`of which one is filled, at ${price}, cancels the other`, async t => {
      const user = await trader(t)
      const { orderId, ocoId } = await oco(user)
      user.sandbox.movePrice('MESZ6', price)
      assert.deepEqual([await user.statusOf(orderId), await user.statusOf(ocoId)], wanted)
      assert.equal((await user.get('fill/list')).length, 1)
    })
  }

  it('whose first order is filled at once leaves nothing waiting', async t => {
    const { post, order, statusOf } = await trader(t)
    const { orderId, ocoId } = await post('order/placeoco', { ...order(), other: STOP })
    assert.deepEqual([await statusOf(orderId), await statusOf(ocoId)], ['Filled', 'Canceled'])
  })

  it('of which one is cancelled leaves the other working', async t => {
    const user = await trader(t)
    const { orderId, ocoId } = await oco(user)
    await user.post('order/cancelorder', { orderId })
    assert.equal(await user.statusOf(ocoId), 'Working')
  })

  it('is refused as a whole', async t => {
    const { get, post, order } = await trader(t)
    const refused = await post('order/placeoco', { ...order(TARGET), other: { action: 'Sell', orderType: 'Stop' } })
    assert.equal(refused.failureReason, 'InvalidPrice')
    const { violations } = await post('order/placeoco', { ...order(TARGET), other: {} })
    assert.deepEqual(
      violations.map(({ description }) => description),
      ['other.action is required', 'other.orderType is required'],
    )
    assert.equal((await post('order/placeoco', order(TARGET))).violations[0].description, 'other is required')
    assert.deepEqual(await get('order/list'), [])
  })
})

describe('an OSO', () => {
  const ENTRY = { orderType: 'Limit', price: 5995, orderQty: 2 }
  const oso = ({ post, order }, more) =>
    post('order/placeOSO', { ...order(ENTRY), bracket1: { ...TARGET, clOrdId: 'target' }, bracket2: STOP, ...more })
  const statuses = async ({ get }) => (await get('order/list')).map(({ ordStatus }) => ordStatus)

  it('has its brackets suspended until the entry is filled, and then is an OCO', async t => {
    const user = await trader(t)
    const { orderId, oso1Id, oso2Id } = await oso(user)
    const [, one, two] = await user.get('order/list')
    assert.deepEqual([one.id, one.parentId, one.ocoId], [oso1Id, orderId, oso2Id])
    assert.deepEqual([two.id, two.parentId, two.ocoId], [oso2Id, orderId, oso1Id])
    assert.deepEqual(await statuses(user), ['Working', 'Suspended', 'Suspended'])
    user.sandbox.movePrice('MESZ6', 5995)
    assert.deepEqual(await statuses(user), ['Filled', 'Working', 'Working'])
    user.sandbox.movePrice('MESZ6', 6010)
    assert.deepEqual(await statuses(user), ['Filled', 'Filled', 'Canceled'])
    assert.equal((await user.position()).netPos, 0)
  })

  it('gives each bracket the clOrdId of its own', async t => {
    const user = await trader(t)
    const { oso1Id } = await oso(user, { clOrdId: 'entry' })
    const commands = await user.get('command/list')
    assert.deepEqual(
      commands.map(({ clOrdId }) => clOrdId),
      ['entry', 'target', undefined],
    )
    assert.equal(commands[1].orderId, oso1Id)
  })

  it('may have one bracket', async t => {
    const user = await trader(t)
    const { oso2Id } = await oso(user, { bracket2: undefined })
    assert.equal(oso2Id, undefined)
    user.sandbox.movePrice('MESZ6', 5995)
    assert.deepEqual(await statuses(user), ['Filled', 'Working'])
  })

  it('whose entry is cancelled, rejected or expires loses its brackets', async t => {
    const user = await trader(t, { market: { paceMs: Number.POSITIVE_INFINITY } })
    const { orderId } = await oso(user)
    await user.post('order/cancelorder', { orderId })
    await oso(user, { orderType: 'Stop', stopPrice: 5990 })
    await oso(user)
    user.clock.now += 86_400_000
    const each = ['Canceled', 'Rejected', 'Expired']
    assert.deepEqual(
      await statuses(user),
      each.flatMap(status => [status, 'Canceled', 'Canceled']),
    )
  })

  it('whose entry was changed protects what was bought', async t => {
    const user = await trader(t)
    const { orderId, oso1Id } = await oso(user)
    await user.post('order/modifyorder', { orderId, orderQty: 5, orderType: 'Market' })
    user.sandbox.movePrice('MESZ6', 6010)
    assert.deepEqual([(await user.fillsOf(oso1Id))[0].qty, (await user.position()).netPos], [5, 0])
  })

  it('whose stop the market has left behind is filled without it', async t => {
    const user = await trader(t)
    const { orderId, oso1Id, oso2Id } = await oso(user, { bracket2: { ...STOP, stopPrice: 5996 } })
    user.sandbox.movePrice('MESZ6', 5994)
    const seen = await Promise.all([orderId, oso1Id, oso2Id].map(user.statusOf))
    assert.deepEqual(seen, ['Filled', 'Working', 'Rejected'])
  })
})

describe('an order strategy', () => {
  const PARAMS = {
    entryVersion: { orderQty: 3, orderType: 'Market' },
    brackets: [
      { qty: 2, profitTarget: 10, stopLoss: -5, trailingStop: false },
      { qty: 1, profitTarget: 20, stopLoss: -5, trailingStop: true },
    ],
  }
  const body = (params = PARAMS, more = {}) => ({
    accountId: 7,
    symbol: 'MESZ6',
    action: 'Buy',
    orderStrategyTypeId: 2,
    params: JSON.stringify(params),
    uuid: 'mine',
    ...more,
  })
  const started = (user, ...what) => user.post('orderStrategy/startOrderStrategy', body(...what))
  const strategyOf = async ({ get }) => (await get('orderStrategy/list'))[0]

  it('places its entry, and then a target and a stop for each bracket', async t => {
    const user = await trader(t)
    const { orderStrategy } = await started(user)
    assert.deepEqual([orderStrategy.status, orderStrategy.uuid], ['ActiveStrategy', 'mine'])
    const links = await user.get(`orderStrategyLink/deps?masterid=${orderStrategy.id}`)
    const versions = await user.get(`orderversion/ldeps?masterids=${links.map(({ orderId }) => orderId)}`)
    assert.deepEqual(
      versions.map(({ orderQty, orderType, price, stopPrice }) => [orderQty, orderType, price ?? stopPrice]),
      [
        [3, 'Market', undefined],
        [2, 'Limit', 6010],
        [2, 'Stop', 5995],
        [1, 'Limit', 6020],
        [1, 'TrailingStop', 5995],
      ],
    )
  })

  it('is finished when its last order is', async t => {
    const user = await trader(t)
    await started(user)
    user.sandbox.movePrice('MESZ6', 6010)
    assert.deepEqual([(await user.position()).netPos, (await strategyOf(user)).status], [1, 'ActiveStrategy'])
    user.sandbox.movePrice('MESZ6', 6005)
    assert.deepEqual([(await user.position()).netPos, (await strategyOf(user)).status], [0, 'ExecutionFinished'])
    const fills = await user.get('fill/list')
    assert.deepEqual(
      fills.map(({ qty, price }) => [qty, price]),
      [
        [3, 6000],
        [2, 6010],
        [1, 6005],
      ],
    )
  })

  it('goes on while one of its brackets has orders, be the others done at once', async t => {
    const user = await trader(t)
    const [, second] = PARAMS.brackets
    await started(user, { ...PARAMS, brackets: [{ qty: 2, profitTarget: -10, stopLoss: -5 }, second] })
    assert.deepEqual([(await user.position()).netPos, (await strategyOf(user)).status], [1, 'ActiveStrategy'])
    user.sandbox.movePrice('MESZ6', 6020)
    assert.deepEqual([(await user.position()).netPos, (await strategyOf(user)).status], [0, 'ExecutionFinished'])
  })

  it('has exits that wait, be the entry one that may not', async t => {
    const user = await trader(t)
    await started(user, { ...PARAMS, entryVersion: { orderQty: 3, orderType: 'Market', timeInForce: 'IOC' } })
    const statuses = (await user.get('order/list')).map(({ ordStatus }) => ordStatus)
    assert.deepEqual(statuses, ['Filled', ...Array(4).fill('Working')])
  })

  it('goes short as well as long', async t => {
    const user = await trader(t)
    const params = {
      entryVersion: { orderQty: 1, orderType: 'Limit', price: 6010 },
      brackets: [{ qty: 1, profitTarget: -30, stopLoss: 15, trailingStop: false }],
    }
    await started(user, params, { action: 'Sell' })
    user.sandbox.movePrice('MESZ6', 6010)
    user.sandbox.movePrice('MESZ6', 5980)
    assert.deepEqual([(await user.position()).netPos, (await strategyOf(user)).status], [0, 'ExecutionFinished'])
    assert.equal((await user.get('cashBalance/list'))[0].realizedPnL, 150)
  })

  it('that is interrupted has no orders left, and its position stays', async t => {
    const user = await trader(t)
    const { orderStrategy } = await started(user)
    const path = 'orderStrategy/interruptorderstrategy'
    const orderStrategyId = orderStrategy.id
    assert.equal((await user.post(path, { orderStrategyId })).orderStrategy.status, 'ExecutionInterrupted')
    const open = (await user.get('order/list')).filter(({ ordStatus }) => ordStatus === 'Working')
    assert.deepEqual([open, (await user.position()).netPos], [[], 3])
    assert.match((await user.post(path, { orderStrategyId })).errorText, /already completed/)
    assert.equal((await user.post(path, { orderStrategyId: 1 })).errorText, 'Access is denied')
    const other = await loggedIn(user.sandbox, user.users[1])
    assert.deepEqual(await other.get('orderStrategy/list'), [])
  })

  it('whose entry is rejected has failed', async t => {
    const user = await trader(t)
    await started(user, { ...PARAMS, entryVersion: { orderQty: 3, orderType: 'Stop', stopPrice: 5990 } })
    assert.equal((await strategyOf(user)).status, 'ExecutionFailed')
  })

  const refused = {
    'without params': [undefined, { params: undefined }, 'Invalid params'],
    'with params that are no JSON': [undefined, { params: '{' }, 'Invalid params'],
    'without brackets': [{ entryVersion: PARAMS.entryVersion }, {}, 'Invalid params'],
    'with a bracket of nothing': [{ ...PARAMS, brackets: [{ qty: 0, stopLoss: 1 }] }, {}, 'Invalid params'],
    'with a bracket without exits': [{ ...PARAMS, brackets: [{ qty: 1 }] }, {}, 'Invalid params'],
    'with more in brackets than it enters': [{ ...PARAMS, brackets: [{ qty: 4, stopLoss: 1 }] }, {}, 'Invalid params'],
    'with an entry that cannot be': [
      { ...PARAMS, entryVersion: { orderQty: 3, orderType: 'Limit' } },
      {},
      'Invalid price',
    ],
    'with an entry whose price is a text': [
      { ...PARAMS, entryVersion: { orderQty: 3, orderType: 'Limit', price: '6000' } },
      {},
      'Invalid params',
    ],
    'of another type': [PARAMS, { orderStrategyTypeId: 1 }, 'Unknown order strategy type'],
    'of another’s account': [PARAMS, { accountId: 8 }, 'Access is denied'],
  }
  for (const [what, [params, more, errorText]] of Object.entries(refused)) {
    it(`is refused ${what}`, async t => {
      const user = await trader(t)
      assert.deepEqual(await started(user, params, more), { errorText })
      assert.deepEqual([await user.get('order/list'), await user.get('orderStrategy/list')], [[], []])
      assert.equal(user.sandbox.log.at(-3).outcome, 'errorText')
    })
  }
})
