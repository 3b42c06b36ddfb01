// Positions, fill pairs and cash in the sandbox follow the fills, at the product's value per point.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trader } from './sandbox/client.mjs'

const STILL = { market: { paceMs: Number.POSITIVE_INFINITY } }

const snapshot = ({ post }) => post('cashBalance/getcashbalancesnapshot', { accountId: 7 })

/** Trades at one price after the other: `[action, quantity, price]`. */
async function trade({ sandbox, place }, trades, symbol = 'MESZ6') {
  for (const [action, orderQty, price] of trades) {
    sandbox.movePrice(symbol, price)
    await place({ action, orderQty, symbol })
  }
}

describe('a position', () => {
  it('is long at the average of what was bought', async t => {
    const user = await trader(t, STILL)
    await trade(user, [
      ['Buy', 1, 6000],
      ['Buy', 3, 6010],
    ])
    const { id, timestamp, contractId, ...position } = await user.position()
    assert.deepEqual(position, {
      accountId: 7,
      tradeDate: { year: 2026, month: 11, day: 30 },
      netPos: 4,
      netPrice: 6007.5,
      bought: 4,
      boughtValue: 24_030,
      sold: 0,
      soldValue: 0,
      prevPos: 0,
    })
    assert.equal((await user.get(`contract/item?id=${contractId}`)).name, 'MESZ6')
    assert.equal((await user.get('position/find?name=MESZ6')).id, id)
    assert.equal((await user.call('position/find?name=MNQZ6')).status, 404)
  })

  it('pairs the oldest fills first, and has no price when it is flat', async t => {
    const user = await trader(t, STILL)
    await trade(user, [
      ['Buy', 2, 6000],
      ['Buy', 2, 6010],
      ['Sell', 3, 6020],
    ])
    const fills = await user.get('fill/list')
    const pairs = await user.get('fillPair/list')
    const [first, second, sale] = fills.map(({ id }) => id)
    assert.deepEqual(
      pairs.map(pair => [pair.buyFillId, pair.sellFillId, pair.qty, pair.buyPrice, pair.sellPrice]),
      [
        [first, sale, 2, 6000, 6020],
        [second, sale, 1, 6010, 6020],
      ],
    )
    assert.deepEqual(
      fills.map(({ finallyPaired }) => finallyPaired),
      [2, 1, 3],
    )
    assert.deepEqual([(await user.position()).netPos, (await user.position()).netPrice], [1, 6010])
    await trade(user, [['Sell', 1, 6000]])
    const flat = await user.position()
    assert.deepEqual([flat.netPos, 'netPrice' in flat, flat.sold, flat.soldValue], [0, false, 4, 24_060])
    assert.deepEqual(
      (await user.get(`fillPair/deps?masterid=${flat.id}`)).map(({ qty }) => qty),
      [2, 1, 1],
    )
  })

  it('turns from long to short at the price of the fill that turned it', async t => {
    const user = await trader(t, STILL)
    await trade(user, [
      ['Buy', 1, 6000],
      ['Sell', 3, 5990],
    ])
    const { netPos, netPrice } = await user.position()
    assert.deepEqual([netPos, netPrice], [-2, 5990])
  })

  it('begins each trade day with what was left of the day before', async t => {
    const user = await trader(t, STILL)
    await trade(user, [['Sell', 2, 6000]])
    user.clock.now = Date.parse('2026-11-30T22:00:00Z')
    const { tradeDate, netPos, netPrice, bought, sold, prevPos, prevPrice } = await user.position()
    assert.deepEqual(tradeDate, { year: 2026, month: 12, day: 1 })
    assert.deepEqual([netPos, netPrice, bought, sold, prevPos, prevPrice], [-2, 6000, 0, 0, -2, 6000])
    await trade(user, [['Buy', 2, 5990]])
    user.clock.now += 86_400_000
    const flat = await user.position()
    assert.deepEqual([flat.netPos, flat.bought, flat.prevPos, 'prevPrice' in flat], [0, 0, 0, false])
    assert.equal((await user.get('cashBalance/list'))[0].amount, 50_100)
  })
})

describe('the cash', () => {
  const CASES = [
    // Points of ten ticks, times the value of a point.
    ['ESZ6', 6000, 2.5, 125],
    ['MNQZ6', 21_000, 2.5, 5],
    ['YMZ6', 42_000, 10, 50],
    ['CLZ6', 70, 0.1, 100],
    ['GCZ6', 2600, 1, 100],
    ['6EZ6', 1.1, 0.0005, 62.5],
    ['ZNZ6', 110, 0.15625, 156.25],
  ]
  for (const [symbol, price, points, profit] of CASES) {
    it(`of ten ticks in ${symbol} is ${profit} dollars`, async t => {
      const user = await trader(t, STILL)
      await trade(
        user,
        [
          ['Buy', 1, price],
          ['Sell', 1, price + points],
        ],
        symbol,
      )
      const { totalCashValue, realizedPnL, openPnL } = await snapshot(user)
      assert.deepEqual([totalCashValue, realizedPnL, openPnL], [50_000 + profit, profit, 0])
    })
  }

  it('knows what is open beside what is realised', async t => {
    const user = await trader(t, STILL)
    await trade(user, [
      ['Sell', 2, 6000],
      ['Buy', 1, 5990],
    ])
    user.sandbox.movePrice('MESZ6', 6005)
    assert.deepEqual(await snapshot(user), {
      totalCashValue: 50_050,
      totalPnL: 25,
      initialMargin: 0,
      maintenanceMargin: 0,
      netLiq: 50_025,
      openPnL: -25,
      realizedPnL: 50,
      weekRealizedPnL: 50,
    })
  })

  it('has a change in its log for each pair', async t => {
    const user = await trader(t, STILL)
    await trade(user, [
      ['Buy', 1, 6000],
      ['Buy', 1, 6002],
      ['Sell', 2, 6001],
    ])
    const log = await user.get('cashBalanceLog/deps?masterid=7')
    const pairs = (await user.get('fillPair/list')).map(({ id }) => id)
    assert.deepEqual(
      log.map(({ fillPairId, cashChangeType, delta, amount }) => [fillPairId, cashChangeType, delta, amount]),
      [
        [pairs[0], 'TradePaired', 5, 50_005],
        [pairs[1], 'TradePaired', -5, 50_000],
      ],
    )
  })

  it('begins the day’s profit anew each trade day, and the week’s on a Monday', async t => {
    const user = await trader(t, STILL)
    const profits = async () => {
      const [{ amount, realizedPnL, weekRealizedPnL, amountSOD }] = await user.get('cashBalance/list')
      return [amount, realizedPnL, weekRealizedPnL, amountSOD]
    }
    const trades = [
      ['Buy', 1, 6000],
      ['Sell', 1, 6010],
    ]
    await trade(user, trades)
    assert.deepEqual(await profits(), [50_050, 50, 50, 50_000])
    user.clock.now = Date.parse('2026-12-01T15:00:00Z')
    assert.deepEqual(await profits(), [50_050, 0, 50, 50_050])
    await trade(user, trades)
    assert.deepEqual(await profits(), [50_100, 50, 100, 50_050])
    user.clock.now = Date.parse('2026-12-06T22:00:00Z')
    assert.deepEqual(await profits(), [50_100, 0, 0, 50_100])
  })
})
