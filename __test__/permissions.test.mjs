// Promise 10: a 401 for want of a permission is no matter of the session, however often it comes.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { LOGIN, outcomes, RENEWAL, until, withBots } from './bots/index.mjs'
import './own-state.mjs'

const POLLS = 60
const UNAUTHORIZED = { code: 'ERR_TRADOVATE_UNAUTHORIZED', status: 401 }
const order = {
  accountId: 500_001,
  action: 'Buy',
  symbol: 'MESZ6',
  orderQty: 1,
  orderType: 'Market',
}

/** Asks for positions that it may not read, every 100 ms. */
async function poll(bot, name) {
  for (let i = 0; i < POLLS; i += 1) {
    const next = new Promise(resolve => setTimeout(resolve, 100))
    await assert.rejects(bot.request('position/list', {}, name), UNAUTHORIZED)
    await next
  }
}

/** Asks on until the session is taken back: an answer of before may be the refusal. */
const isTakenBack = bot =>
  until(
    () =>
      bot.ask('accounts').then(
        count => count === 2,
        () => false,
      ),
    100,
  )

const probes = sandbox => outcomes(sandbox, RENEWAL).length

for (const onEviction of ['login', 'stop']) {
  test(`promise 10: who may not read positions and polls them costs no login, and is evicted as ever (${onEviction})`, () =>
    withBots({}, async ({ sandbox, store, start }) => {
      sandbox.deny('position/list')
      const bot = await start()
      await bot.open(sandbox, { store, onEviction })
      await poll(bot)
      assert.equal((await bot.ask('status')).state, 'active')
      assert.equal(await bot.ask('accounts'), 2)
      assert.deepEqual(outcomes(sandbox, LOGIN), ['ok'])
      assert.ok(probes(sandbox) <= 2, `${probes(sandbox)} probes`)

      sandbox.evict()
      const evictedAt = Date.now()
      if (onEviction === 'login') {
        await isTakenBack(bot)
        assert.deepEqual(outcomes(sandbox, LOGIN), ['ok', 'ok'])
      } else {
        await until(
          () =>
            bot.ask('accounts').then(
              () => false,
              ({ code }) => code === 'ERR_TRADOVATE_EVICTED',
            ),
          100,
        )
        const { state, reason } = await bot.ask('status')
        assert.deepEqual([state, reason], ['stopped', 'ERR_TRADOVATE_EVICTED'])
        assert.deepEqual(outcomes(sandbox, LOGIN), ['ok'])
      }
      assert.ok(Date.now() - evictedAt < 10_000, `${Date.now() - evictedAt} ms`)
    }))

  test(`promise 12: an order that its key may not place is sent once and costs no login (${onEviction})`, () =>
    withBots({}, async ({ sandbox, store, start }) => {
      sandbox.deny('order/*')
      const bot = await start()
      await bot.open(sandbox, { store, onEviction })
      const placing = bot.request('order/placeorder', { method: 'POST', body: order })
      await assert.rejects(placing, error => {
        assert.equal(error.code, UNAUTHORIZED.code)
        assert.equal(error.outcome, 'answered')
        assert.match(error.message, /Access is denied/)
        return true
      })
      await bot.ask('accounts')
      assert.deepEqual(outcomes(sandbox, 'order/placeorder'), ['denied'])
      assert.deepEqual(outcomes(sandbox, LOGIN), ['ok'])
      assert.ok(probes(sandbox) <= 1, `${probes(sandbox)} probes`)
      assert.equal((await bot.ask('status')).state, 'active')
    }))
}

test('promise 10: a dependent that polls what it may not read costs no login and few probes', () =>
  withBots({}, async ({ sandbox, path, store, start }) => {
    sandbox.deny('position/list')
    const [keeper, dependent] = await start(2)
    await keeper.open(sandbox, { store })
    const address = { socketPath: join(path, 'service', 'token.sock') }
    await keeper.ask('serve', { name: 'main', options: address })
    await dependent.ask('connect', { name: 'main', options: address })
    await poll(dependent)
    assert.equal(await dependent.ask('accounts'), 2)
    assert.deepEqual(outcomes(sandbox, LOGIN), ['ok'])
    assert.ok(probes(sandbox) <= 2, `${probes(sandbox)} probes`)

    // A doubt soon after one that was settled waits its turn, and is not dropped.
    sandbox.evict()
    const evictedAt = Date.now()
    await isTakenBack(dependent)
    assert.ok(Date.now() - evictedAt < 15_000, `${Date.now() - evictedAt} ms`)
    assert.deepEqual(outcomes(sandbox, LOGIN), ['ok', 'ok'])
  }))
