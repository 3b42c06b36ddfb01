// Promises 7 and 15: twenty processes with one login are one to Tradovate.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandbox } from '../sandbox/index.js'
import { LOGIN, outcomes, RENEWAL, withBots } from './bots/index.mjs'
import './own-state.mjs'

const PROCESSES = 20
const LOGINS = 5
const EXPIRIES = 10
// Long enough for this machine to get round to a renewal in the last quarter of a life.
const LIFE_MS = 4000

const all = (bots, act) => Promise.all(bots.map(act))

async function withSandboxes(count, options, run) {
  const sandboxes = await Promise.all(Array.from({ length: count }, () => startSandbox(options)))
  try {
    await run(sandboxes)
  } finally {
    await all(sandboxes, sandbox => sandbox.close())
  }
}

test('promise 15: 20 processes over 50 expiries make one renewal each and no login, and all have the same token', () =>
  // Each login behind a Tradovate of its own: one address makes twelve renewals an hour.
  withSandboxes(LOGINS, { tokenLifetimeMs: LIFE_MS, quotas: false }, sandboxes =>
    withBots({}, async ({ store, start }) => {
      const bots = await start(PROCESSES)
      const opened = await all(bots, bot => all([...sandboxes.keys()], i => bot.open(sandboxes[i], { store }, `${i}`)))
      for (const [i, { counts }] of sandboxes.entries()) {
        assert.equal(new Set(opened.map(sessions => sessions[i].token)).size, 1)
        assert.equal(counts.logins, 1)
      }

      for (let generation = 2; generation <= EXPIRIES + 1; generation += 1) {
        for (const [i, sandbox] of sandboxes.entries()) {
          const tokens = await all(bots, bot =>
            bot.hears(news => news.name === `${i}` && news.token?.generation === generation),
          )
          assert.equal(new Set(tokens.map(({ token }) => token.accessToken)).size, 1, `${i}, token ${generation}`)
          const renewals = tokens.filter(({ token }) => token.how === 'renewal')
          assert.equal(renewals.length, 1, `${i}, token ${generation}`)
          const calls = outcomes(sandbox, RENEWAL).length
          // The next one may have come already.
          assert.ok(calls === generation - 1 || calls === generation, `${i}: ${calls} renewals`)
        }
      }
      for (const { counts } of sandboxes) assert.equal(counts.logins, 1)
      assert.ok(bots.every(bot => bot.heard.every(({ heard }) => heard !== 'warning')))
    }),
  ))

test('promise 7: 20 processes in a penalty send one login again, when its time has come', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    sandbox.inject({ endpoint: 'login', penalty: { seconds: 2 } })
    const bots = await start(PROCESSES)
    const opened = await all(bots, bot => bot.open(sandbox, { store }))
    assert.equal(new Set(opened.map(({ token }) => token)).size, 1)
    // Those who wait may have looked at the time.
    const [first, second] = sandbox.log.filter(({ endpoint }) => endpoint === LOGIN)
    assert.deepEqual(outcomes(sandbox, LOGIN), ['penalty', 'ok'])
    assert.ok(second.at - first.at >= 2000, `${second.at - first.at} ms`)
  }))

test('promise 7: after a captcha none of 20 processes logs in, nor one that starts later', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    sandbox.inject({ endpoint: 'login', penalty: { seconds: 1, captcha: true } })
    const bots = await start(PROCESSES)
    await all(bots, bot => assert.rejects(bot.open(sandbox, { store }), { code: 'ERR_TRADOVATE_CAPTCHA' }))
    const late = await start()
    await assert.rejects(late.open(sandbox, { store }), error => {
      assert.equal(error.code, 'ERR_TRADOVATE_CAPTCHA')
      assert.ok(error.retryAt - Date.now() > 55 * 60_000)
      return true
    })
    assert.equal(outcomes(sandbox, LOGIN).length, 1)
  }))
