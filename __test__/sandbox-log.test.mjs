// What the sandbox writes down about the calls it gets, and what it never does.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'

async function start(t, options) {
  const sandbox = await startSandbox(options)
  t.after(() => sandbox.close())
  return sandbox
}

const get = (sandbox, path, token) =>
  fetch(`${sandbox.baseUrl}/${path}`, { headers: { authorization: `Bearer ${token}` } })

async function login(sandbox, fields) {
  const body = JSON.stringify({ ...sandbox.credentials, ...fields })
  return (await fetch(`${sandbox.baseUrl}/auth/accessTokenRequest`, { method: 'POST', body })).json()
}

const renew = async (sandbox, token) => (await get(sandbox, 'auth/renewAccessToken', token)).json()

describe('the log', () => {
  it('has each call with its time, method, endpoint, host, address, user, generation, status and outcome', async t => {
    let now = 1_000_000
    const sandbox = await start(t, { now: () => now })
    const { accessToken } = await login(sandbox)
    now += 1
    await get(sandbox, 'Account/Item?id=5', accessToken)
    now += 1
    await get(sandbox, 'account/list', 'unknown')
    const where = { host: new URL(sandbox.baseUrl).host, address: '127.0.0.1' }
    const who = { user: 'sandbox-user', generation: 1 }
    const loginCall = { method: 'POST', endpoint: 'auth/accesstokenrequest' }
    assert.deepEqual(sandbox.log, [
      { at: 1_000_000, ...loginCall, ...where, ...who, status: 200, outcome: 'ok' },
      { at: 1_000_001, method: 'GET', endpoint: 'account/item', ...where, ...who, status: 404, outcome: 'refused' },
      { at: 1_000_002, method: 'GET', endpoint: 'account/list', ...where, status: 401, outcome: 'refused' },
    ])
  })

  it('tells the kinds of outcome apart', async t => {
    const sandbox = await start(t, { quotas: { failedLoginsPerHour: 1 } })
    await login(sandbox)
    await login(sandbox, { name: '' })
    await login(sandbox, { password: 'no' })
    await login(sandbox)
    sandbox.inject({ endpoint: 'login', fault: 'garbage' })
    await login(sandbox).catch(() => {})
    const outcomes = sandbox.log.map(({ outcome }) => outcome)
    assert.deepEqual(outcomes, ['ok', 'refused', 'errorText', 'penalty', 'fault'])
  })

  it('counts generations through logins and renewals of one user', async t => {
    const users = ['a', 'b'].map(name => ({ name, password: 'p' }))
    const sandbox = await start(t, { users })
    const first = await login(sandbox)
    const second = await renew(sandbox, first.accessToken)
    const third = await renew(sandbox, second.accessToken)
    await get(sandbox, 'account/list', third.accessToken)
    await get(sandbox, 'account/list', first.accessToken)
    await login(sandbox)
    await login(sandbox, users[1])
    const seen = sandbox.log.map(({ user, endpoint, generation }) => [user, endpoint, generation])
    assert.deepEqual(seen, [
      ['a', 'auth/accesstokenrequest', 1],
      ['a', 'auth/renewaccesstoken', 1],
      ['a', 'auth/renewaccesstoken', 2],
      ['a', 'account/list', 3],
      ['a', 'account/list', 1],
      ['a', 'auth/accesstokenrequest', 4],
      ['b', 'auth/accesstokenrequest', 1],
    ])
  })

  it('names the user of a closed or expired token, and of a login that failed', async t => {
    let now = 1_000_000
    const sandbox = await start(t, { now: () => now })
    const { accessToken } = await login(sandbox)
    sandbox.evict()
    await get(sandbox, 'account/list', accessToken)
    now += 80 * 60_000
    await get(sandbox, 'account/list', accessToken)
    await login(sandbox, { password: 'no' })
    assert.deepEqual(new Set(sandbox.log.map(({ user }) => user)), new Set(['sandbox-user']))
  })

  it('holds no password, sec, token or ticket, wherever a client put them', async t => {
    const sandbox = await start(t, { quotas: { failedLoginsPerHour: 1 } })
    const { accessToken, mdAccessToken } = await login(sandbox)
    await login(sandbox, { name: 'canary-password', password: 'canary-name' })
    const { 'p-ticket': ticket } = await login(sandbox)
    await login(sandbox, { 'p-ticket': ticket })
    await get(sandbox, `account/list?p-ticket=${ticket}&token=${accessToken}`, accessToken)
    for (const secret of [accessToken, mdAccessToken, ticket]) await get(sandbox, `account/${secret}`, accessToken)
    const text = JSON.stringify(sandbox.log)
    const { password, sec } = sandbox.credentials
    for (const secret of [password, sec, accessToken, mdAccessToken, ticket, 'canary']) {
      assert.ok(!text.includes(secret), secret)
    }
    assert.equal(sandbox.log.at(-1).endpoint, 'account/<secret>')
  })

  it('keeps the newest calls when it is full, and the counters keep all', async t => {
    const sandbox = await start(t, { maxLog: 20 })
    for (let i = 0; i < 50; i += 1) await get(sandbox, `call/${i}`)
    assert.ok(sandbox.log.length <= 20 && sandbox.log.length >= 18)
    assert.equal(sandbox.log.at(-1).endpoint, 'call/49')
    assert.equal(sandbox.counts.calls, 50)
  })

  it('may be emptied between the parts of a test', async t => {
    const sandbox = await start(t)
    await get(sandbox, 'account/list')
    sandbox.log.length = 0
    await get(sandbox, 'order/list')
    assert.deepEqual(
      sandbox.log.map(({ endpoint }) => endpoint),
      ['order/list'],
    )
  })

  it('cuts endless paths', async t => {
    const sandbox = await start(t)
    await get(sandbox, `a/${'x'.repeat(2_000)}`)
    assert.equal(sandbox.log[0].endpoint.length, 200)
  })
})

describe('the counters', () => {
  it('start at zero and are a copy that stays as it was read', async t => {
    const sandbox = await start(t)
    const before = sandbox.counts
    const { accessToken } = await login(sandbox)
    await renew(sandbox, accessToken)
    await login(sandbox)
    await login(sandbox)
    assert.deepEqual(before, { logins: 0, renewals: 0, evictions: 0, penalties: 0, calls: 0 })
    assert.deepEqual(sandbox.counts, { logins: 3, renewals: 1, evictions: 1, penalties: 0, calls: 4 })
  })
})
