// Promises 8 and 13: a start is no login while the stored token is good, and what forbids a login is remembered.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callsTo, LOGIN, outcomes, until, withBots } from './bots/index.mjs'
import './own-state.mjs'

const AT_ONCE = 4

/** Starts a bot for each of `count` turns, some at once, and ends it. */
async function turns(count, start, run) {
  const left = Array.from({ length: count }, (_, i) => i)
  const line = async () => {
    for (let i = left.shift(); i !== undefined; i = left.shift()) {
      const bot = await start()
      await run(bot, i)
      await bot.end()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, line))
}

test('promise 13: 50 restarts make no login after the first, and go on with the same token', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const tokens = new Set()
    for (let i = 0; i < 50; i += 1) {
      const bot = await start()
      const { token, logins, adoptions } = await bot.open(sandbox, { store })
      tokens.add(token)
      assert.deepEqual([logins, adoptions], i === 0 ? [1, 0] : [0, 1])
      if (i % 2 === 0) await bot.ask('close')
      await bot.end()
    }
    assert.deepEqual([sandbox.counts.logins, callsTo(sandbox), tokens.size], [1, 1, 1])
  }))

test('promise 8: 1,000 starts with a wrong password, in 100 processes, are one login', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const wrong = { ...sandbox.credentials, password: 'wrong' }
    await turns(100, start, async bot => {
      for (let i = 0; i < 10; i += 1) {
        const opening = bot.open(sandbox, { store }, `${i}`, wrong)
        await assert.rejects(opening, { code: 'ERR_TRADOVATE_CREDENTIALS' })
      }
    })
    assert.deepEqual(outcomes(sandbox, LOGIN), ['errorText'])
    const bot = await start()
    await bot.open(sandbox, { store })
    assert.deepEqual(outcomes(sandbox, LOGIN), ['errorText', 'ok'], 'the right one is tried')
  }))

for (const [what, fault, code] of [
  ['a captcha', { penalty: { seconds: 1, captcha: true } }, 'ERR_TRADOVATE_CAPTCHA'],
  ['a 423', { status: 423 }, 'ERR_TRADOVATE_LOCKED_OUT'],
  ['a 429', { status: 429 }, 'ERR_TRADOVATE_RATE_LIMITED'],
]) {
  test(`promise 7: after ${what} no restart sends anything for an hour`, () =>
    withBots({}, async ({ sandbox, store, start }) => {
      sandbox.inject({ endpoint: 'login', ...fault })
      await turns(12, start, bot =>
        assert.rejects(bot.open(sandbox, { store }), error => {
          assert.equal(error.code, code)
          assert.ok(error.retryAt - Date.now() > 55 * 60_000)
          return true
        }),
      )
      assert.equal(callsTo(sandbox), 1)
    }))
}

test('promise 7: a 429 of one bot holds back the GETs of all, and not their good token', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const [one, other] = await start(2)
    const { token } = await one.open(sandbox, { store })
    await other.open(sandbox, { store })
    sandbox.inject({ endpoint: 'account', status: 429 })
    await assert.rejects(one.ask('accounts'), { code: 'ERR_TRADOVATE_RATE_LIMITED' })
    const late = await start()
    assert.equal((await late.open(sandbox, { store })).token, token)
    for (const bot of [one, late]) await assert.rejects(bot.ask('accounts'), { code: 'ERR_TRADOVATE_RATE_LIMITED' })
    await until(() =>
      other.ask('accounts').then(
        () => false,
        ({ code }) => code === 'ERR_TRADOVATE_RATE_LIMITED',
      ),
    )
    assert.equal((await other.ask('token')).accessToken, token)
    assert.equal(sandbox.counts.logins, 1)
  }))

test('promise 8: the budget of logins is one for all restarts', () =>
  withBots({ tokenLifetimeMs: 500 }, async ({ sandbox, store, start }) => {
    const maxLogins = { count: 2, withinMs: 600_000 }
    const restart = async () => {
      const bot = await start()
      const { expiresAt } = await bot.open(sandbox, { store, maxLogins })
      await bot.end()
      await until(() => Date.now() > expiresAt.getTime())
    }
    await restart()
    await restart()
    for (let i = 0; i < 5; i += 1) await assert.rejects(restart(), { code: 'ERR_TRADOVATE_LOGIN_BUDGET' })
    assert.deepEqual([sandbox.counts.logins, callsTo(sandbox)], [2, 2])
  }))

test('promise 18: processes with the same key share a sealed token; another key, and none, send nothing', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const [one, two, other] = await start(3)
    const sealed = { ...store, key: new Uint8Array(32).fill(1) }
    const { token } = await one.open(sandbox, { store: sealed })
    assert.equal((await two.open(sandbox, { store: sealed })).token, token)
    for (const key of [new Uint8Array(32).fill(2), undefined]) {
      const opening = other.open(sandbox, { store: key ? { ...store, key } : store })
      await assert.rejects(opening, { code: 'ERR_TRADOVATE_STORE_MISMATCH' })
    }
    assert.equal(callsTo(sandbox), 1)
  }))
