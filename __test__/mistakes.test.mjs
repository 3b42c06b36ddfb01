// What users of other clients suffer from: each a scenario that must come out right.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const { getAccessToken, renewAccessToken, Session } = tradovate

async function within(options, run) {
  const sandbox = await startSandbox(options)
  const sessions = []
  const open = async (more, credentials = sandbox.credentials) => {
    const settings = { baseUrl: sandbox.baseUrl, store: { type: 'memory' }, timeoutMs: 5000, ...more }
    const session = await Session.open(credentials, settings)
    sessions.push(session)
    return session
  }
  try {
    await run(sandbox, open)
  } finally {
    await Promise.all(sessions.map(session => session.close()))
    await sandbox.close()
  }
}

const calls = (sandbox, endpoint) => sandbox.log.filter(call => call.endpoint === endpoint).length
const logins = sandbox => calls(sandbox, 'auth/accesstokenrequest')
const renewals = sandbox => calls(sandbox, 'auth/renewaccesstoken')

test('many callers at once, and a script that looks in, share one login and close no session', () =>
  within({}, async (sandbox, open) => {
    const bot = await open()
    const others = await Promise.all(Array.from({ length: 30 }, () => open()))
    await Promise.all([bot, ...others].flatMap(session => [session.getAccounts(), session.getAccessToken()]))
    assert.equal(logins(sandbox), 1)
    assert.equal(sandbox.counts.evictions, 0)
  }))

test('a restart adopts the token, and a loop of crashes burns no login budget', () =>
  within({}, async (sandbox, open) => {
    for (let start = 0; start < 20; start += 1) {
      const session = await open()
      assert.equal((await session.getAccounts()).length, 2)
      await session.close()
    }
    assert.equal(logins(sandbox), 1)
    const wrong = { ...sandbox.credentials, name: 'nobody' }
    for (let start = 0; start < 20; start += 1) {
      await assert.rejects(open({}, wrong), { code: 'ERR_TRADOVATE_CREDENTIALS' })
    }
    assert.equal(logins(sandbox), 2)
  }))

const badRenewals = [
  ['an error', { status: 200, body: '{"errorText":"Access is denied"}' }],
  ['a penalty', { penalty: { seconds: 60 } }],
  ['an expiry that is no time', { status: 200, body: '{"accessToken":"other","expirationTime":"never"}' }],
  ['no expiry', { status: 200, body: '{"accessToken":"other"}' }],
  ['nothing', { status: 200, body: '' }],
  ['a list', { status: 200, body: '[]' }],
]
describe('a first automatic renewal that answers', { concurrency: true }, () => {
  for (const [what, fault] of badRenewals) {
    test(`${what} is no token, and makes no timer fire for ever`, () =>
      within({ tokenLifetimeMs: 10_000 }, async (sandbox, open) => {
        const session = await open()
        const { accessToken } = session
        sandbox.inject({ endpoint: 'renew', times: 100, ...fault })
        await new Promise(resolve => session.once('warning', resolve))
        assert.equal(session.accessToken, accessToken)
        assert.equal((await session.getAccessToken()).accessToken, accessToken)
        await pause(500)
        assert.equal(renewals(sandbox), 1)
        assert.equal(logins(sandbox), 1)
      }))
  }
})

test('a failed renewal costs neither the token nor the timer, and is no reason to log in', () =>
  within({ tokenLifetimeMs: 12_000 }, async (sandbox, open) => {
    const session = await open()
    const { accessToken } = session
    sandbox.inject({ endpoint: 'renew', times: Number.POSITIVE_INFINITY, status: 503 })
    await new Promise(resolve => session.once('warning', resolve))
    assert.equal(session.accessToken, accessToken)
    assert.equal(session.status().state, 'degraded')
    sandbox.clearFaults()
    const [{ how }] = await new Promise(resolve => session.once('token', (...news) => resolve(news)))
    assert.equal(how, 'renewal')
    assert.equal(session.status().state, 'active')
    assert.equal(logins(sandbox), 1)
  }))

test('two bots with one user and no common store stop closing each other: two logins each at most', () =>
  within({ maxSessions: 1 }, async (sandbox, open) => {
    // Another appId is another login of the same user: these two know nothing of each other.
    const bots = [await open(), await open({}, { ...sandbox.credentials, appId: 'Another' })]
    for (let round = 0; round < 10; round += 1) {
      await Promise.allSettled(bots.map(bot => bot.getAccounts()))
    }
    assert.ok(logins(sandbox) <= 4, `${logins(sandbox)} logins`)
    const states = bots.map(bot => bot.status().state)
    assert.ok(states.includes('contended'), states.join())
  }))

test('a closed session is told from an expired token, and 429 is answered by silence', () =>
  within({ tokenLifetimeMs: 60_000 }, async (sandbox, open) => {
    let now = Date.now()
    const moving = await startSandbox({ now: () => now })
    try {
      const sleeper = await Session.open(moving.credentials, { baseUrl: moving.baseUrl, store: { type: 'memory' } })
      // The server's clock alone moves on: the token is refused although it looks good here.
      now += 81 * 60_000
      assert.equal((await sleeper.getAccounts()).length, 2)
      now += 81 * 60_000
      assert.equal((await sleeper.getAccounts()).length, 2)
      assert.equal(sleeper.status().state, 'active', 'tokens that expired are no fight')
      await sleeper.close()
    } finally {
      await moving.close()
    }
    const session = await open()
    sandbox.evict()
    await session.getAccounts()
    sandbox.evict()
    await assert.rejects(session.getAccounts(), { code: 'ERR_TRADOVATE_CONTENDED' })

    const limited = await open({}, { ...sandbox.credentials, appId: 'Limited' })
    sandbox.inject({ endpoint: 'account', status: 429 })
    const before = sandbox.counts.calls
    for (let i = 0; i < 10; i += 1) {
      await assert.rejects(limited.getAccounts(), { code: 'ERR_TRADOVATE_RATE_LIMITED', status: 429 })
    }
    assert.equal(sandbox.counts.calls, before + 1)
    assert.ok(limited.accessToken)
  }))

test('live and demo are never mixed', () =>
  within({}, async (sandbox, open) => {
    const live = await open({ environment: 'live' })
    const demo = await open({ environment: 'demo' })
    assert.notEqual(live.accessToken, demo.accessToken)
    assert.deepEqual([live.status().environment, demo.status().environment], ['live', 'demo'])
    assert.equal(logins(sandbox), 2)
  }))

for (const clockOffsetMs of [-7_200_000, 7_200_000]) {
  test(`a local clock that is off by ${clockOffsetMs} ms renews in time`, () =>
    within({ tokenLifetimeMs: 6000, clockOffsetMs }, async (sandbox, open) => {
      const session = await open()
      assert.ok(Math.abs(session.status().clockOffsetMs - clockOffsetMs) < 2000)
      await new Promise(resolve => session.on('token', ({ how }) => how === 'renewal' && resolve()))
      assert.ok(session.status().expiresAt.getTime() - Date.now() < 8000, 'times are told by the local clock')
      assert.equal((await session.getAccounts()).length, 2)
      assert.deepEqual([logins(sandbox), renewals(sandbox)], [1, 1])
    }))
}

test('tokens, passwords and sec are in nothing that a bot would log', () =>
  within({}, async (sandbox, open) => {
    const { password, sec } = sandbox.credentials
    const session = await open()
    const { accessToken, mdAccessToken } = session
    const logged = [session, session.status(), `${session}`]
    sandbox.inject({ endpoint: 'login', status: 200, body: JSON.stringify({ errorText: `${password} ${sec}` }) })
    logged.push(await getAccessToken(sandbox.credentials, { baseUrl: sandbox.baseUrl }).catch(error => error))
    sandbox.inject({ endpoint: 'renew', status: 200, body: JSON.stringify({ errorText: accessToken }) })
    logged.push(await renewAccessToken(accessToken, { baseUrl: sandbox.baseUrl }).catch(error => error))
    sandbox.evict()
    logged.push(await session.request('POST', 'order/placeorder', { body: {} }).catch(error => error))
    const text = logged.map(value => inspect(value, { depth: 20, showHidden: true }) + JSON.stringify(value)).join('\n')
    const shown = [password, sec, accessToken, mdAccessToken].filter(secret => text.includes(secret))
    assert.equal(shown.length, 0)
  }))
