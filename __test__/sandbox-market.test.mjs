// The sandbox's prices: a walk by its seed and pace, which limit and stop orders wait for, and which a test can move.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loggedIn, MONDAY, start, trader } from './sandbox/client.mjs'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The prices of a contract at the first steps of the walk. */
async function pricesOf(t, market, symbol = 'MESZ6', steps = 50) {
  const clock = { now: MONDAY }
  const sandbox = await start(t, { now: () => clock.now, market })
  return Array.from({ length: steps }, () => {
    clock.now += 1_000
    return sandbox.price(symbol)
  })
}

describe('the prices', () => {
  it('begin where the product does, and move by at most two ticks a step', async t => {
    const { sandbox } = await trader(t)
    assert.equal(sandbox.price('MESZ6'), 6000)
    const prices = [6000, ...(await pricesOf(t))]
    const moves = prices.slice(1).map((price, index) => Math.abs(price - prices[index]))
    assert.deepEqual([...new Set(moves)].sort(), [0, 0.25, 0.5])
  })

  it('are the same for the same seed, and others for another seed or contract', async t => {
    const first = await pricesOf(t, { seed: 5 })
    assert.deepEqual(await pricesOf(t, { seed: 5 }), first)
    assert.notDeepEqual(await pricesOf(t, { seed: 6 }), first)
    assert.notDeepEqual(await pricesOf(t, { seed: 5 }, 'MESH7'), first)
  })

  it('are the same however often somebody looks', async t => {
    const often = await pricesOf(t)
    const { sandbox, clock } = await trader(t)
    clock.now += 50_000
    assert.equal(sandbox.price('MESZ6'), often.at(-1))
  })

  it('go at the pace that is asked for, or stand still', async t => {
    const each = await pricesOf(t, { paceMs: 1_000 }, 'MESZ6', 9)
    const slow = await pricesOf(t, { paceMs: 3_000 }, 'MESZ6', 9)
    assert.deepEqual([slow[2], slow[5], slow[8]], each.slice(0, 3))
    assert.deepEqual(new Set(await pricesOf(t, { paceMs: Number.POSITIVE_INFINITY })), new Set([6000]))
  })

  it('can be moved by a test, to a tick', async t => {
    const { sandbox } = await trader(t)
    sandbox.movePrice('MESZ6', 6100.5)
    assert.equal(sandbox.price('MESZ6'), 6100.5)
    for (const price of [6100.1, 0, -5, '6100', undefined, Number.NaN]) {
      assert.throws(() => sandbox.movePrice('MESZ6', price), { name: 'TypeError', message: /multiple of 0\.25/ })
    }
    for (const symbol of ['XYZ6', 'MES', '', undefined, 5]) {
      assert.throws(() => sandbox.price(symbol), { name: 'TypeError', message: /symbol/ })
    }
  })

  it('come back from far away, and are never below 0', async t => {
    const { sandbox, clock } = await trader(t)
    for (const price of [0.25, 100_000]) {
      sandbox.movePrice('MESZ6', price)
      const seen = Array.from({ length: 100 }, () => {
        clock.now += 1_000
        return sandbox.price('MESZ6')
      })
      const gaps = [price, ...seen].map(each => Math.abs(each - 6000))
      assert.deepEqual(
        gaps,
        gaps.toSorted((one, other) => other - one),
      )
      assert.ok(gaps.at(-1) < gaps[0])
    }
  })

  it('do not go back when the clock does', async t => {
    const { sandbox, clock } = await trader(t)
    clock.now += HOUR
    const price = sandbox.price('MESZ6')
    clock.now -= HOUR
    assert.equal(sandbox.price('MESZ6'), price)
  })
})

describe('an order that waits', () => {
  it('is filled by the passing time alone, at the moment at which the price was there', async t => {
    const prices = await pricesOf(t)
    const low = Math.min(...prices)
    const { clock, place, statusOf, fillsOf } = await trader(t)
    const id = await place({ orderType: 'Limit', price: low })
    assert.equal(await statusOf(id), 'Working')
    clock.now += 50_000
    const [{ price, timestamp }] = await fillsOf(id)
    const step = prices.indexOf(low) + 1
    assert.deepEqual([price, Date.parse(timestamp)], [low, MONDAY + step * 1_000])
  })

  const CASES = [
    // What, the order, a price that leaves it waiting, a price that fills it, and the price of its fill.
    ['a limit to buy', { orderType: 'Limit', price: 5990 }, 5990.25, 5989, 5990],
    ['a limit to sell', { action: 'Sell', orderType: 'Limit', price: 6010 }, 6009.75, 6011, 6010],
    ['a stop to buy', { orderType: 'Stop', stopPrice: 6010 }, 6009.75, 6011, 6011],
    ['a stop to sell', { action: 'Sell', orderType: 'Stop', stopPrice: 5990 }, 5990.25, 5989, 5989],
    ['a stop limit to buy', { orderType: 'StopLimit', stopPrice: 6010, price: 6012 }, 6009.75, 6011, 6011],
  ]
  for (const [what, fields, before, at, filled] of CASES) {
    it(`${what} is filled at its price`, async t => {
      const { sandbox, place, statusOf, fillsOf } = await trader(t)
      const id = await place(fields)
      sandbox.movePrice('MESZ6', before)
      assert.equal(await statusOf(id), 'Working')
      sandbox.movePrice('MESZ6', at)
      assert.equal(await statusOf(id), 'Filled')
      assert.deepEqual(
        (await fillsOf(id)).map(({ price }) => price),
        [filled],
      )
    })
  }

  it('a stop limit that was jumped over waits for its limit', async t => {
    const { sandbox, place, statusOf, fillsOf } = await trader(t)
    const id = await place({ orderType: 'StopLimit', stopPrice: 6010, price: 6012 })
    sandbox.movePrice('MESZ6', 6020)
    assert.equal(await statusOf(id), 'Working')
    sandbox.movePrice('MESZ6', 6005)
    assert.equal((await fillsOf(id))[0].price, 6012)
  })

  it('a trailing stop follows the price, and stays where it was when the price turns', async t => {
    const { sandbox, place, statusOf, fillsOf } = await trader(t)
    const trailing = { action: 'Sell', orderType: 'TrailingStop', stopPrice: 5990 }
    const ids = [await place(trailing), await place({ ...trailing, pegDifference: -20 })]
    sandbox.movePrice('MESZ6', 6050)
    sandbox.movePrice('MESZ6', 6040.25)
    assert.deepEqual(await Promise.all(ids.map(statusOf)), ['Working', 'Working'])
    sandbox.movePrice('MESZ6', 6040)
    assert.deepEqual([await statusOf(ids[0]), (await fillsOf(ids[0]))[0].price], ['Filled', 6040])
    sandbox.movePrice('MESZ6', 6030)
    assert.equal((await fillsOf(ids[1]))[0].price, 6030)
  })

  it('a limit that the market has already is filled at once, at the better price', async t => {
    const { place, fillsOf } = await trader(t)
    assert.equal((await fillsOf(await place({ orderType: 'Limit', price: 6005 })))[0].price, 6000)
  })

  for (const timeInForce of ['IOC', 'FOK']) {
    it(`${timeInForce}: is filled at once or cancelled`, async t => {
      const { place, statusOf } = await trader(t)
      assert.equal(await statusOf(await place({ orderType: 'Limit', price: 6000, timeInForce })), 'Filled')
      assert.equal(await statusOf(await place({ orderType: 'Limit', price: 5990, timeInForce })), 'Canceled')
    })
  }

  it('expires with the trade day or at its time, and GTC never', async t => {
    const { get, clock, place, statusOf } = await trader(t, { market: { paceMs: Number.POSITIVE_INFINITY } })
    const far = { orderType: 'Limit', price: 5000 }
    const [plain, day, gtd, gtc] = [
      await place(far),
      await place({ ...far, timeInForce: 'Day' }),
      await place({ ...far, timeInForce: 'GTD', expireTime: '2026-11-30T16:00:00Z' }),
      await place({ ...far, timeInForce: 'GTC' }),
    ]
    const statuses = () => Promise.all([plain, day, gtd, gtc].map(statusOf))
    clock.now = Date.parse('2026-11-30T16:00:00Z')
    assert.deepEqual(await statuses(), ['Working', 'Working', 'Expired', 'Working'])
    clock.now = Date.parse('2026-11-30T22:00:00Z') - 1
    assert.deepEqual(await statuses(), ['Working', 'Working', 'Expired', 'Working'])
    clock.now += 1
    assert.deepEqual(await statuses(), ['Expired', 'Expired', 'Expired', 'Working'])
    const [{ id }] = await get(`command/deps?masterid=${day}`)
    const last = (await get(`executionreport/deps?masterid=${id}`)).at(-1)
    assert.deepEqual([last.execType, Date.parse(last.timestamp)], ['Expired', clock.now])
  })

  it('runs on the server’s clock, which may be ahead', async t => {
    const clock = { now: MONDAY }
    const options = { now: () => clock.now, clockOffsetMs: HOUR }
    const sandbox = await start(t, { ...options, users: [{ name: 'n', password: 'p', accounts: [{ id: 7 }] }] })
    const { get, post } = await loggedIn(sandbox)
    await post('order/placeorder', { accountId: 7, action: 'Buy', symbol: 'ESZ6', orderQty: 1, orderType: 'Market' })
    assert.equal(Date.parse((await get('fill/list'))[0].timestamp), MONDAY + HOUR)
  })
})
