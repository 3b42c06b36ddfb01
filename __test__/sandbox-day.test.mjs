// A day of random orders at the sandbox: whatever was placed, changed and ended, its fills, positions and cash add up. The arithmetic is
// done here once more, from the fills alone. A failure names its seed: `DAY_SEED=7 node --test __test__/sandbox-day.test.mjs`.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trader } from './sandbox/client.mjs'

const SEEDS = process.env.DAY_SEED ? [Number(process.env.DAY_SEED)] : [1, 2, 3]
const ACTIONS_A_DAY = 250
const DAY_MS = 86_400_000
const SYMBOLS = ['MESZ6', 'MNQZ6', 'M2KZ6', 'CLF7', '6EZ6']
const START = 50_000

/** Park and Miller's generator: numbers from 0 to 1. */
function randomOf(seed) {
  let state = (seed * 7_919) % 2_147_483_647 || 1
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const below = count => Math.floor(next() * count)
  return { next, below, of: list => list[below(list.length)] }
}

const sum = (list, amountOf) => list.reduce((total, each) => total + amountOf(each), 0)
const signed = ({ action, qty }) => (action === 'Buy' ? qty : -qty)
const opposite = action => (action === 'Buy' ? 'Sell' : 'Buy')

/** Terms that the market reaches soon, late or at once, and now and then cannot accept. */
function termsOf(random, price, tickSize, action) {
  const away = (random.below(60) - 5) * tickSize
  const at = distance => Number((price + distance).toFixed(6))
  const better = action === 'Buy' ? -away : away
  const timeInForce = random.of(['Day', 'GTC', 'GTC', 'IOC', undefined])
  return random.of([
    { orderType: 'Market' },
    { orderType: 'Limit', price: at(better), timeInForce },
    { orderType: 'Stop', stopPrice: at(-better), timeInForce: 'GTC' },
    { orderType: 'StopLimit', stopPrice: at(-better), price: at(-better), timeInForce: 'GTC' },
    { orderType: 'TrailingStop', stopPrice: at(-better), timeInForce: 'GTC' },
  ])
}

async function actOnce({ sandbox, get, post }, random, products) {
  const symbol = random.of(SYMBOLS)
  const { tickSize, contractId } = products.get(symbol)
  const action = random.of(['Buy', 'Sell'])
  const price = sandbox.price(symbol)
  const terms = side => ({ action: side, ...termsOf(random, price, tickSize, side) })
  const order = { accountId: 7, symbol, orderQty: 1 + random.below(4), ...terms(action) }
  const open = (await get('order/list')).filter(({ ordStatus }) => ['Working', 'Suspended'].includes(ordStatus))
  const orderId = open.length === 0 ? 1 : random.of(open).id
  const exit = () => terms(opposite(action))
  const params = {
    entryVersion: { orderQty: 3, orderType: 'Market' },
    brackets: [
      {
        qty: 1,
        profitTarget: (action === 'Buy' ? 9 : -9) * tickSize,
        stopLoss: (action === 'Buy' ? -6 : 6) * tickSize,
      },
      { qty: 2, stopLoss: (action === 'Buy' ? -20 : 20) * tickSize, trailingStop: true },
    ],
  }
  const strategy = { accountId: 7, symbol, action, orderStrategyTypeId: 2, params: JSON.stringify(params) }
  await random.of([
    () => post('order/placeorder', order),
    () => post('order/placeorder', order),
    () => post('order/placeorder', order),
    () => post('order/placeoco', { ...order, other: exit() }),
    () => post('order/placeoso', { ...order, bracket1: exit(), bracket2: exit() }),
    () => post('orderStrategy/startorderstrategy', strategy),
    () => post('order/cancelorder', { orderId }),
    () => post('order/modifyorder', { orderId, orderQty: 1 + random.below(5), ...terms(action) }),
    () => random.below(4) === 0 && post('order/liquidateposition', { accountId: 7, contractId, admin: false }),
  ])()
}

async function dayOf(t, seed) {
  const random = randomOf(seed)
  const user = await trader(t, { market: { seed, paceMs: 5_000 } })
  const products = new Map()
  for (const symbol of SYMBOLS) {
    const { id, contractMaturityId } = await user.get(`contract/find?name=${symbol}`)
    const { productId } = await user.get(`contractMaturity/item?id=${contractMaturityId}`)
    products.set(symbol, { contractId: id, ...(await user.get(`product/item?id=${productId}`)) })
  }
  for (let count = 0; count < ACTIONS_A_DAY; count += 1) {
    await actOnce(user, random, products)
    user.clock.now += random.below((2 * DAY_MS) / ACTIONS_A_DAY)
  }
  const all = await user.post('user/syncrequest', { users: [1001] })
  const log = await user.get('cashBalanceLog/deps?masterid=7')
  const snapshot = await user.post('cashBalance/getcashbalancesnapshot', { accountId: 7 })
  const prices = new Map([...products].map(([symbol, { contractId }]) => [contractId, user.sandbox.price(symbol)]))
  const byContract = new Map([...products.values()].map(product => [product.contractId, product]))
  return { ...all, log, snapshot, prices, byContract }
}

/** What the fills of one contract make of nothing, the oldest against the oldest: what stays open, and the points gained. */
function replay(fills) {
  const open = []
  let points = 0
  for (const fill of fills) {
    for (let unit = 0; unit < fill.qty; unit += 1) {
      if (open.length === 0 || open[0].action === fill.action) open.push({ action: fill.action, price: fill.price })
      else points += (open.shift().price - fill.price) * (fill.action === 'Sell' ? -1 : 1)
    }
  }
  return { open, points }
}

const near = (actual, wanted, what) => assert.ok(Math.abs(actual - wanted) < 1e-4, `${what}: ${actual}, not ${wanted}`)

function checkOrders({ orders, orderVersions, commands, fills, executionReports }) {
  for (const order of orders) {
    const own = fills.filter(({ orderId }) => orderId === order.id)
    const version = orderVersions.findLast(({ orderId }) => orderId === order.id)
    const what = `order ${order.id}, ${order.ordStatus}`
    assert.equal(
      sum(own, ({ qty }) => qty),
      order.ordStatus === 'Filled' ? version.orderQty : 0,
      what,
    )
    for (const { action, price } of own) {
      assert.equal(action, order.action, what)
      if (version.orderType === 'Limit' || version.orderType === 'StopLimit') {
        assert.ok(action === 'Buy' ? price <= version.price : price >= version.price, `${what} at ${price}`)
      }
    }
    assert.ok(
      commands.some(({ orderId, commandType }) => orderId === order.id && commandType === 'New'),
      what,
    )
    const trades = executionReports.filter(({ orderId, execType }) => orderId === order.id && execType === 'Trade')
    assert.deepEqual(
      trades.map(({ lastQty, lastPx, cumQty, avgPx }) => [lastQty, lastPx, cumQty, avgPx]),
      own.map(({ qty, price }) => [qty, price, qty, price]),
      what,
    )
    const last = executionReports.findLast(({ orderId }) => orderId === order.id)
    if (order.ordStatus !== 'Working') assert.equal(last.ordStatus, order.ordStatus, what)
  }
  const byId = new Map(orders.map(order => [order.id, order]))
  for (const { id, ocoId, ordStatus, parentId } of orders) {
    const other = byId.get(ocoId)
    if (other && ordStatus === 'Filled') assert.notEqual(other.ordStatus, 'Filled', `orders ${id} and ${ocoId}`)
    if (ordStatus === 'Suspended') assert.equal(byId.get(parentId).ordStatus, 'Working', `order ${id}`)
  }
}

function checkPairs({ fills, fillPairs, positions }) {
  const contractOf = new Map(positions.map(({ id, contractId }) => [id, contractId]))
  for (const fill of fills) {
    const pairs = fillPairs.filter(({ buyFillId, sellFillId }) => [buyFillId, sellFillId].includes(fill.id))
    assert.equal(
      sum(pairs, ({ qty }) => qty),
      fill.finallyPaired,
      `fill ${fill.id}`,
    )
    assert.ok(fill.finallyPaired <= fill.qty, `fill ${fill.id}`)
    for (const pair of pairs) {
      assert.equal(fill.price, fill.action === 'Buy' ? pair.buyPrice : pair.sellPrice, `pair ${pair.id}`)
      assert.equal(fill.contractId, contractOf.get(pair.positionId), `pair ${pair.id}`)
    }
  }
}

function checkPositions({ fills, positions, prices, byContract, snapshot }) {
  let [openProfit, realised] = [0, 0]
  for (const position of positions) {
    const { contractId, netPos, netPrice, bought, boughtValue, sold, soldValue, prevPos, tradeDate } = position
    const own = fills.filter(fill => fill.contractId === contractId)
    const { open, points } = replay(own)
    const what = `position in ${byContract.get(contractId).name}`
    assert.equal(netPos, sum(own, signed), what)
    assert.equal(Math.abs(netPos), open.length, what)
    if (netPos === 0) assert.equal(netPrice, undefined, what)
    else near(netPrice, sum(open, ({ price }) => price) / open.length, what)
    const today = own.filter(fill => JSON.stringify(fill.tradeDate) === JSON.stringify(tradeDate))
    const side = action => today.filter(fill => fill.action === action)
    const [purchases, sales] = [side('Buy'), side('Sell')]
    assert.deepEqual(
      [bought, sold],
      [purchases, sales].map(list => sum(list, ({ qty }) => qty)),
      what,
    )
    near(
      boughtValue,
      sum(purchases, ({ qty, price }) => qty * price),
      what,
    )
    near(
      soldValue,
      sum(sales, ({ qty, price }) => qty * price),
      what,
    )
    assert.equal(prevPos + bought - sold, netPos, what)
    const { valuePerPoint } = byContract.get(contractId)
    const price = prices.get(contractId)
    openProfit += sum(open, lot => (lot.action === 'Buy' ? price - lot.price : lot.price - price)) * valuePerPoint
    realised += points * valuePerPoint
  }
  near(snapshot.openPnL, openProfit, 'open profit')
  near(snapshot.totalCashValue, START + realised, 'cash')
  near(snapshot.netLiq, START + realised + openProfit, 'net liquidation value')
}

function checkCash({ cashBalances: [cash], log, fillPairs, fills, byContract }) {
  assert.deepEqual(
    log.map(({ fillPairId }) => fillPairId),
    fillPairs.map(({ id }) => id),
  )
  let amount = START
  for (const [index, change] of log.entries()) {
    const { qty, buyPrice, sellPrice, buyFillId } = fillPairs[index]
    const { valuePerPoint } = byContract.get(fills.find(({ id }) => id === buyFillId).contractId)
    near(change.delta, (sellPrice - buyPrice) * qty * valuePerPoint, `change ${change.id}`)
    amount += change.delta
    assert.equal(change.amount, amount, `change ${change.id}`)
  }
  assert.equal(cash.amount, amount)
  const today = log.filter(({ tradeDate }) => JSON.stringify(tradeDate) === JSON.stringify(cash.tradeDate))
  assert.equal(
    cash.realizedPnL,
    sum(today, ({ delta }) => delta),
  )
  assert.equal(cash.amountSOD + cash.realizedPnL, cash.amount)
}

describe('a day of random orders', () => {
  for (const seed of SEEDS) {
    it(`adds up, seed ${seed}`, async t => {
      const day = await dayOf(t, seed)
      assert.ok(day.fills.length > 50 && day.fillPairs.length > 30, `${day.fills.length} fills`)
      checkOrders(day)
      checkPairs(day)
      checkPositions(day)
      checkCash(day)
    })
  }
})
