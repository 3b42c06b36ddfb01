// Promises 7 and 24: a 423 or 429 is the user's. Whoever of those that share a token meets it, all stop.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { LOGIN, outcomes, RENEWAL, until, withBots } from './bots/index.mjs'
import './own-state.mjs'
import { addressIn } from './service/address.mjs'

const DEPENDENTS = 20
const HOUR_MS = 3_600_000
const order = { accountId: 500_001, action: 'Buy', symbol: 'MESZ6', orderQty: 1, orderType: 'Market' }

const gets = sandbox => outcomes(sandbox, 'account/list').length
const place = (bot, name) => bot.request('order/placeorder', { method: 'POST', body: order }, name)
const isStopped = code => error => {
  assert.deepEqual([error.code, error.outcome], [code, 'not-sent'])
  return true
}

/** A service in one process, `DEPENDENTS` of it in another, and `run` with all of them and their session. */
function withDependents(run) {
  return withBots({}, async ({ sandbox, path, store, start }) => {
    const [keeper, dependent] = await start(2)
    await keeper.open(sandbox, { store })
    const options = await addressIn(join(path, 'service'))
    await keeper.ask('serve', { name: 'main', options })
    const names = Array.from({ length: DEPENDENTS }, (_, i) => `${i}`)
    await Promise.all(names.map(name => dependent.ask('connect', { name, options })))
    const all = [{ bot: keeper, name: 'main' }, ...names.map(name => ({ bot: dependent, name }))]
    await run({ sandbox, keeper, dependent, all })
  })
}

const isHeldBack = async ({ bot, name }) => (await bot.ask('status', { name })).state !== 'active'

for (const [what, fault, code, waitMs] of [
  ['a 429', { status: 429 }, 'ERR_TRADOVATE_RATE_LIMITED', HOUR_MS],
  [
    'a 429 with Retry-After: 120',
    { status: 429, headers: { 'retry-after': '120' } },
    'ERR_TRADOVATE_RATE_LIMITED',
    120_000,
  ],
  ['a 423', { status: 423 }, 'ERR_TRADOVATE_LOCKED_OUT', HOUR_MS],
]) {
  for (const [who, pick] of [
    ['a dependent', ({ dependent }) => ({ bot: dependent, name: '7' })],
    ['the session', ({ keeper }) => ({ bot: keeper, name: 'main' })],
  ]) {
    test(`promise 24: ${what} that ${who} meets on a GET stops the GETs of all, and no order of theirs`, () =>
      withDependents(async world => {
        const { sandbox, all } = world
        const { bot, name } = pick(world)
        sandbox.inject({ endpoint: 'account', ...fault })
        const metAt = Date.now()
        await assert.rejects(bot.ask('accounts', { name }), { code, status: fault.status, outcome: 'answered' })
        await until(async () => (await Promise.all(all.map(isHeldBack))).every(Boolean))
        const tookMs = Date.now() - metAt
        assert.ok(tookMs < 5000, `${tookMs} ms until all knew`)

        for (const each of all) {
          await assert.rejects(each.bot.ask('accounts', { name: each.name }), error => {
            isStopped(code)(error)
            assert.ok(Math.abs(error.retryAt - (metAt + waitMs)) < 5000, `${error.retryAt - metAt} ms`)
            return true
          })
          await place(each.bot, each.name)
        }
        assert.equal(gets(sandbox), 1)
        assert.deepEqual(outcomes(sandbox, 'order/placeorder'), Array(DEPENDENTS + 1).fill('ok'))
        assert.deepEqual([outcomes(sandbox, LOGIN), outcomes(sandbox, RENEWAL)], [['ok'], []])
      }))
  }
}

test('promise 7: a 429 with Retry-After: 7 stops GETs for 7 s, and not for an hour', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const bot = await start()
    await bot.open(sandbox, { store })
    sandbox.inject({ endpoint: 'account', status: 429, headers: { 'retry-after': '7' } })
    await assert.rejects(bot.ask('accounts'), ({ code, retryAt }) => {
      assert.equal(code, 'ERR_TRADOVATE_RATE_LIMITED')
      assert.ok(retryAt - Date.now() > 5000 && retryAt - Date.now() <= 7500, `${retryAt - Date.now()} ms`)
      return true
    })
    await assert.rejects(bot.request('account/list', { timeoutMs: 1000 }), isStopped('ERR_TRADOVATE_RATE_LIMITED'))
    // Who has the patience waits, and is answered.
    await bot.request('account/list', { timeoutMs: 20_000 })
    const [met, next] = sandbox.log.filter(({ endpoint }) => endpoint === 'account/list')
    assert.ok(next.at - met.at >= 6900 && next.at - met.at < 12_000, `${next.at - met.at} ms`)
    assert.equal(gets(sandbox), 2)
    assert.equal((await bot.ask('status')).state, 'active')
  }))
