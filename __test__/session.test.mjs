// A Session over the real core against the sandbox: what a bot author sees of the promises.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const { getAccessToken, getAccounts, NetworkError, PenaltyError, renewAccessToken, Session, SessionError } = tradovate

async function within(options, run) {
  const sandbox = await startSandbox(options)
  const sessions = []
  const open = async more => {
    const session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, timeoutMs: 5000, ...more })
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

test('the documented examples are one call each and keep every field', () =>
  within({}, async sandbox => {
    const options = { baseUrl: sandbox.baseUrl }
    const { accessToken, mdAccessToken, userId, hasMarketData } = await getAccessToken(sandbox.credentials, options)
    assert.ok(accessToken && mdAccessToken && userId)
    assert.equal(typeof hasMarketData, 'boolean')
    assert.equal((await getAccounts(accessToken, options)).length, 2)
    assert.notEqual((await renewAccessToken(accessToken, options)).accessToken, accessToken)
    assert.equal(sandbox.counts.calls, 3)
  }))

test('promise 1: a thousand callers at an open session make one renewal', () =>
  within({}, async (sandbox, open) => {
    const session = await open()
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => session.renew()))
    assert.equal(new Set(tokens.map(token => token.accessToken)).size, 1)
    assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 1])
  }))

test('promise 1: a hundred openings of one login make one login', () =>
  within({}, async (sandbox, open) => {
    const sessions = await Promise.all(Array.from({ length: 100 }, () => open()))
    assert.equal(new Set(sessions.map(session => session.accessToken)).size, 1)
    assert.equal(sandbox.counts.logins, 1)
  }))

test('promise 3: a renewal comes by itself, and the new token is a plain field', () =>
  within({ tokenLifetimeMs: 4000 }, async (sandbox, open) => {
    const session = await open()
    const before = session.accessToken
    const [token] = await new Promise(resolve =>
      session.on('token', (...news) => news[0].how === 'renewal' && resolve(news)),
    )
    assert.equal(token.how, 'renewal')
    assert.notEqual(session.accessToken, before)
    assert.equal(session.accessToken, token.accessToken)
    assert.equal(sandbox.counts.logins, 1)
  }))

test('promise 5: a dead token is never served', () =>
  within({ tokenLifetimeMs: 2000 }, async (sandbox, open) => {
    const session = await open()
    for (const endpoint of ['renew', 'login']) sandbox.inject({ endpoint, status: 503, times: 100 })
    const dies = session.status().expiresAt.getTime()
    while (Date.now() < dies - 100) {
      assert.ok(session.accessToken)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    await new Promise(resolve => setTimeout(resolve, dies + 50 - Date.now()))
    assert.throws(() => session.accessToken, { name: 'SessionError', code: 'ERR_TRADOVATE_EXPIRED' })
    await assert.rejects(session.getAccessToken({ timeoutMs: 300 }), error => {
      assert.ok(error instanceof SessionError && error.code === 'ERR_TRADOVATE_EXPIRED')
      assert.equal(error.cause.code, 'ERR_TRADOVATE_HTTP')
      return true
    })
  }))

test('promise 7: a penalty is waited out inside the timeout and resent once', () =>
  within({}, async (sandbox, open) => {
    sandbox.inject({ endpoint: 'login', penalty: { seconds: 1 } })
    await open()
    assert.equal(calls(sandbox, 'auth/accesstokenrequest'), 2)
    const [first, second] = sandbox.log
    assert.ok(second.at - first.at >= 1000)
  }))

test('promise 7: a captcha stops logins and says that a person is needed', () =>
  within({}, async (sandbox, open) => {
    sandbox.inject({ endpoint: 'login', penalty: { seconds: 1, captcha: true } })
    for (let i = 0; i < 10; i += 1) {
      await assert.rejects(open(), error => {
        assert.ok(error instanceof PenaltyError && error.code === 'ERR_TRADOVATE_CAPTCHA' && error.needsPerson)
        assert.ok(error.retryAt.getTime() > Date.now() + 59 * 60_000)
        return true
      })
    }
    assert.equal(calls(sandbox, 'auth/accesstokenrequest'), 1)
  }))

test('promise 8: a wrong password is tried once, whoever asks again', () =>
  within({}, async sandbox => {
    const wrong = { ...sandbox.credentials, password: 'canary-wrong' }
    for (let i = 0; i < 100; i += 1) {
      await assert.rejects(Session.open(wrong, { baseUrl: sandbox.baseUrl }), {
        name: 'CredentialsError',
        code: 'ERR_TRADOVATE_CREDENTIALS',
        needsPerson: true,
      })
    }
    assert.equal(calls(sandbox, 'auth/accesstokenrequest'), 1)
  }))

test('promise 9: an eviction is answered by one login, and a second one right after it by stopping', () =>
  within({}, async (sandbox, open) => {
    const session = await open()
    sandbox.evict()
    assert.equal((await session.getAccounts()).length, 2)
    assert.equal(sandbox.counts.logins, 2)
    sandbox.evict()
    await assert.rejects(session.getAccounts(), { code: 'ERR_TRADOVATE_CONTENDED' })
    assert.equal(session.status().state, 'contended')
    assert.equal(sandbox.counts.logins, 2)
  }))

async function until(holds) {
  const deadline = Date.now() + 5000
  while (!holds()) {
    assert.ok(Date.now() < deadline, `${holds} does not come true`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

test('promise 6: the status tells how full the address is, and a warning that it has more logins than it can keep', () =>
  within({ quotas: false, maxSessions: 9, tokenLifetimeMs: 600_000 }, async (sandbox, open) => {
    const store = { type: 'memory' }
    const session = await open({ store })
    const warnings = []
    session.on('warning', ({ code, needsPerson }) => warnings.push([code, needsPerson]))
    await session.renew()
    await until(() => session.status().address.renewals === 1)
    assert.deepEqual(session.status().address, { logins: 1, renewals: 1, refusedLogins: 0, overfull: false })
    const wrong = { ...sandbox.credentials, password: 'canary-wrong', appId: 'wrong' }
    await assert.rejects(Session.open(wrong, { baseUrl: sandbox.baseUrl, store }), {
      code: 'ERR_TRADOVATE_CREDENTIALS',
    })
    const others = ['a', 'b'].map(appId => {
      return Session.open({ ...sandbox.credentials, appId }, { baseUrl: sandbox.baseUrl, store })
    })
    const opened = await Promise.all(others)
    await session.renew()
    await until(() => session.status().address.renewals === 2)
    assert.deepEqual(session.status().address, { logins: 3, renewals: 2, refusedLogins: 1, overfull: true })
    assert.deepEqual(warnings, [['ERR_TRADOVATE_QUOTA', false]])
    assert.equal(session.status().state, 'active')
    for (const other of opened) await other.close()
  }))

test('the status tells what the limits of the login still allow, whichever of its sessions has used them', () =>
  within({}, async (_sandbox, open) => {
    const store = { type: 'memory' }
    const session = await open({ store, maxLogins: { count: 2, withinMs: 600_000 } })
    assert.deepEqual(session.status().budget, { logins: 1, renewals: 12 })
    const other = await open({ store })
    await other.renew()
    await until(() => session.status().generation === 2)
    assert.deepEqual(session.status().budget, { logins: 1, renewals: 11 })
    assert.deepEqual(other.status().budget, { logins: 2, renewals: 11 }, 'by its own maxLogins')
  }))

for (const closedSessionStatus of [408, 500]) {
  test(`promise 10: a closed session that answers ${closedSessionStatus} is probed three times, then taken back`, () =>
    within({ closedSessionStatus }, async (sandbox, open) => {
      const session = await open()
      const taken = new Promise(resolve => session.on('token', token => token.generation > 1 && resolve(token.how)))
      sandbox.evict()
      await assert.rejects(session.getAccounts(), { code: 'ERR_TRADOVATE_HTTP', status: closedSessionStatus })
      assert.equal(await taken, 'login')
      assert.equal(calls(sandbox, 'auth/renewaccesstoken'), 3)
      assert.equal((await session.getAccounts()).length, 2)
      assert.equal(sandbox.counts.logins, 2)
    }))
}

test('promise 12: an order is sent once, whatever the failure', () =>
  within({}, async (sandbox, open) => {
    const session = await open()
    const order = { body: { accountId: 1, symbol: 'ESZ6', orderQty: 1, action: 'Buy', orderType: 'Market' } }
    sandbox.inject({ endpoint: 'order/placeorder', status: 401 })
    await assert.rejects(session.request('POST', 'order/placeorder', order), { code: 'ERR_TRADOVATE_UNAUTHORIZED' })
    sandbox.inject({ endpoint: 'order/placeorder', fault: 'reset' })
    await assert.rejects(session.request('POST', 'order/placeorder', order), NetworkError)
    assert.equal(calls(sandbox, 'order/placeorder'), 2)
  }))

test('hosts that move are found by one renewal', () =>
  within({}, async (sandbox, open) => {
    const session = await open()
    const before = session.host('live')
    sandbox.moveHosts()
    assert.equal((await session.getAccounts()).length, 2)
    assert.notEqual(session.host('live'), before)
    assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 1])
  }))

test('promise 26: a told host that lost one connection is asked again, once the first one says that it serves nothing', () =>
  within({}, async (sandbox, open) => {
    sandbox.moveHosts()
    const session = await open()
    const told = session.host('live')
    sandbox.inject({ endpoint: 'order/placeorder', fault: 'reset' })
    await assert.rejects(session.request('POST', 'order/placeorder', { body: {} }), { outcome: 'unknown' })
    for (let i = 0; i < 3; i += 1) assert.equal((await session.getAccounts()).length, 2)
    assert.equal(session.host('live'), told)
    assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 1])
  }))

test('a session that is taken back after the hosts moved is asked for where they moved', () =>
  within({}, async (sandbox, open) => {
    const session = await open()
    sandbox.moveHosts()
    await session.getAccounts()
    sandbox.evict()
    assert.equal((await session.getAccounts()).length, 2)
    assert.equal(sandbox.counts.logins, 2)
    assert.equal(calls(sandbox, 'auth/accesstokenrequest'), 2)
  }))

test('bad answers are typed errors and cost no token', () =>
  within({}, async (sandbox, open) => {
    const session = await open()
    // A GET whose connection was lost is sent once more.
    for (const [fault, times, code] of [
      ['garbage', 1, 'ERR_TRADOVATE_PROTOCOL'],
      ['truncate', 2, 'ERR_TRADOVATE_CONNECT'],
      ['reset', 2, 'ERR_TRADOVATE_CONNECT'],
      ['hang', 1, 'ERR_TRADOVATE_TIMEOUT'],
    ]) {
      sandbox.inject({ endpoint: 'account', fault, times })
      const before = sandbox.counts.calls
      await assert.rejects(session.getAccounts({ timeoutMs: 500 }), { code }, fault)
      assert.equal(sandbox.counts.calls - before, times, fault)
    }
    sandbox.inject({ endpoint: 'account', fault: 'reset' })
    assert.equal((await session.getAccounts()).length, 2)
    assert.ok(session.accessToken)
    assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 0])
  }))

test('an aborted call rejects with the reason, drops the request and leaves no listener', () =>
  within({}, async (sandbox, open) => {
    const session = await open()
    const abort = new AbortController()
    sandbox.inject({ endpoint: 'account', fault: 'hang' })
    const call = session.getAccounts({ signal: abort.signal })
    setTimeout(() => abort.abort(new Error('enough')), 100)
    await assert.rejects(call, { message: 'enough' })
    assert.equal(getEventListeners(abort.signal, 'abort').length, 0)
    assert.equal((await session.getAccounts()).length, 2)
  }))

test('a connection that cannot be made is tried again until the timeout, and then says so', async () => {
  const server = createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${server.address().port}/v1`
  await new Promise(resolve => server.close(resolve))
  const opening = Session.open({ name: 'n', password: 'p' }, { baseUrl, timeoutMs: 1500 })
  await assert.rejects(opening, { name: 'NetworkError', code: 'ERR_TRADOVATE_CONNECT' })
})

test('a credentials function is asked anew before each login, and what it throws reaches the opener', () =>
  within({}, async sandbox => {
    const thrown = new Error('the vault is shut')
    const failing = Session.open(
      () => {
        throw thrown
      },
      { baseUrl: sandbox.baseUrl },
    )
    await assert.rejects(failing, error => error === thrown)
    let asked = 0
    const session = await Session.open(
      () => {
        asked += 1
        return sandbox.credentials
      },
      { baseUrl: sandbox.baseUrl },
    )
    assert.equal(asked, 1)
    sandbox.evict()
    await session.getAccounts()
    assert.equal(asked, 2)
    await session.close()
  }))

test('promise 25: neither a session nor its errors show a secret', () =>
  within({}, async (sandbox, open) => {
    const session = await open()
    const shown = [session, session.status(), JSON.stringify(session)]
    sandbox.inject({ endpoint: 'account', status: 400, body: JSON.stringify({ errorText: session.accessToken }) })
    shown.push(await session.getAccounts().catch(error => error))
    const wrong = { ...sandbox.credentials, password: 'canary-wrong' }
    sandbox.inject({ endpoint: 'login', status: 200, body: JSON.stringify({ errorText: 'no canary-wrong here' }) })
    shown.push(await getAccessToken(wrong, { baseUrl: sandbox.baseUrl }).catch(error => error))
    const text = shown.map(value => inspect(value, { depth: 20, showHidden: true })).join('\n')
    for (const secret of [session.accessToken, sandbox.credentials.password, 'canary-wrong']) {
      assert.ok(!text.includes(secret), text)
    }
    assert.match(text, /\[redacted\]/)
  }))
