// Each fault that a test can inject into the sandbox, and in which order they are used up.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** A sandbox whose clock stands still until a test moves `clock.now`. */
async function start(t, options) {
  const clock = { now: Date.parse('2026-11-02T15:00:00Z') }
  const sandbox = await startSandbox({ now: () => clock.now, ...options })
  t.after(() => sandbox.close())
  return { sandbox, clock }
}

const get = (sandbox, path, token, init) =>
  fetch(`${sandbox.baseUrl}/${path}`, { headers: { authorization: `Bearer ${token}` }, redirect: 'manual', ...init })

const post = (sandbox, fields, init) =>
  fetch(`${sandbox.baseUrl}/auth/accesstokenrequest`, {
    method: 'POST',
    body: JSON.stringify({ ...sandbox.credentials, ...fields }),
    ...init,
  })

const login = async (sandbox, fields) => (await post(sandbox, fields)).json()
const renew = async (sandbox, token) => (await get(sandbox, 'auth/renewaccesstoken', token)).json()
const list = async (sandbox, token) => (await get(sandbox, 'account/list', token)).status
const lastCall = sandbox => sandbox.log.at(-1)

describe('a status fault', () => {
  it('answers that status, body and headers, and carries nothing out', async t => {
    const { sandbox } = await start(t)
    const body = '{"errorText":"The app is not registered"}'
    sandbox.inject({ endpoint: 'login', status: 503, body, headers: { 'Retry-After': '2', Date: 'never' } })
    const answer = await post(sandbox)
    assert.deepEqual([answer.status, await answer.text()], [503, body])
    assert.match(answer.headers.get('content-type'), /^application\/json/)
    assert.deepEqual([answer.headers.get('retry-after'), answer.headers.get('date')], ['2', 'never'])
    assert.equal(sandbox.counts.logins, 0)
    assert.deepEqual([lastCall(sandbox).status, lastCall(sandbox).outcome], [503, 'fault'])
  })

  it('has no body by default, and text is sent as text', async t => {
    const { sandbox } = await start(t)
    sandbox.inject({ endpoint: 'login', status: 204 })
    sandbox.inject({ endpoint: 'login', status: 500 })
    sandbox.inject({ endpoint: 'login', status: 401, body: 'Access is denied' })
    assert.equal((await post(sandbox)).status, 204)
    assert.equal(await (await post(sandbox)).text(), '')
    assert.match((await post(sandbox)).headers.get('content-type'), /^text\/plain/)
  })
})

describe('a named fault', () => {
  it('hang is logged on arrival and never answered', async t => {
    const { sandbox } = await start(t)
    sandbox.inject({ endpoint: 'login', fault: 'hang' })
    await assert.rejects(post(sandbox, {}, { signal: AbortSignal.timeout(200) }), { name: 'TimeoutError' })
    assert.deepEqual([lastCall(sandbox).status, lastCall(sandbox).outcome], [0, 'fault'])
    assert.equal(sandbox.counts.logins, 0)
  })

  it('reset resets the connection without carrying the call out', async t => {
    const { sandbox } = await start(t)
    sandbox.inject({ endpoint: 'login', fault: 'reset' })
    await assert.rejects(post(sandbox), error => error.cause.code === 'ECONNRESET')
    assert.equal(sandbox.counts.logins, 0)
    assert.equal(lastCall(sandbox).status, 0)
  })

  it('cut carries the call out and resets the connection before any answer', async t => {
    const { sandbox } = await start(t, { maxSessions: 1 })
    const { accessToken } = await login(sandbox)
    sandbox.inject({ endpoint: 'login', fault: 'cut' })
    await assert.rejects(post(sandbox), { name: 'TypeError' })
    assert.equal(sandbox.counts.logins, 2)
    assert.equal(await list(sandbox, accessToken), 401)
    const { endpoint, status, outcome } = sandbox.log.at(-2)
    assert.deepEqual([endpoint, status, outcome], ['auth/accesstokenrequest', 0, 'fault'])
  })

  it('truncate carries the call out and cuts its answer in the middle', async t => {
    const { sandbox } = await start(t, { maxSessions: 1 })
    const { accessToken } = await login(sandbox)
    sandbox.inject({ endpoint: 'login', fault: 'truncate' })
    const answer = await post(sandbox)
    assert.equal(answer.status, 200)
    const reader = answer.body.getReader()
    const { value } = await reader.read()
    assert.match(Buffer.from(value).toString(), /^{"accessToken":/)
    assert.ok(value.length < Number(answer.headers.get('content-length')))
    await assert.rejects(reader.read())
    assert.equal(sandbox.counts.logins, 2)
    assert.equal(await list(sandbox, accessToken), 401)
  })

  it('truncate cuts an empty answer too', async t => {
    const { sandbox } = await start(t)
    sandbox.inject({ endpoint: 'any', fault: 'truncate' })
    await assert.rejects(get(sandbox, 'nothing/here').then(answer => answer.text()))
  })

  it('garbage is declared as JSON and is none', async t => {
    const { sandbox } = await start(t)
    sandbox.inject({ endpoint: 'login', fault: 'garbage' })
    const answer = await post(sandbox)
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type'), /^application\/json/)
    await assert.rejects(answer.json(), SyntaxError)
    assert.equal(sandbox.counts.logins, 0)
  })

  it('wrongHost names another loopback port, where a call without its token gets 401', async t => {
    const { sandbox } = await start(t)
    const { accessToken } = await login(sandbox)
    sandbox.inject({ endpoint: 'account', fault: 'wrongHost', times: 2 })
    const answer = await get(sandbox, 'account/item?id=1', accessToken)
    const { hostname, host, pathname, search } = new URL(answer.headers.get('location'))
    assert.deepEqual([answer.status, hostname, pathname + search], [307, '127.0.0.1', '/v1/account/item?id=1'])
    assert.notEqual(host, new URL(sandbox.baseUrl).host)
    const followed = await get(sandbox, 'account/list', accessToken, { redirect: 'follow' })
    assert.deepEqual([followed.status, followed.redirected], [401, true])
  })

  it('notExtending renews the token string but not the time', async t => {
    const { sandbox, clock } = await start(t)
    const first = await login(sandbox)
    clock.now += 70 * MINUTE
    sandbox.inject({ endpoint: 'renew', fault: 'notExtending' })
    const second = await renew(sandbox, first.accessToken)
    assert.notEqual(second.accessToken, first.accessToken)
    assert.equal(second.expirationTime, first.expirationTime)
    const third = await renew(sandbox, second.accessToken)
    assert.equal(Date.parse(third.expirationTime), clock.now + 80 * MINUTE)
    clock.now += 10 * MINUTE
    assert.deepEqual([await list(sandbox, second.accessToken), await list(sandbox, third.accessToken)], [401, 200])
    assert.equal(sandbox.counts.renewals, 2)
  })
})

describe('a penalty fault', () => {
  it('has a ticket that is honoured after its seconds', async t => {
    const { sandbox, clock } = await start(t)
    sandbox.inject({ endpoint: 'login', penalty: { seconds: 7 } })
    const penalty = await login(sandbox)
    assert.deepEqual([penalty['p-time'], penalty['p-captcha']], [7, undefined])
    clock.now += 7 * SECOND
    assert.ok((await login(sandbox, { 'p-ticket': penalty['p-ticket'] })).accessToken)
    assert.equal(sandbox.log[0].outcome, 'penalty')
  })

  it('brings another one of the same length when its ticket comes too early', async t => {
    const { sandbox, clock } = await start(t)
    sandbox.inject({ endpoint: 'account', penalty: { seconds: 7 } })
    const { accessToken } = await login(sandbox)
    const ticketed = async ticket => (await get(sandbox, `account/list?p-ticket=${ticket}`, accessToken)).json()
    const first = await ticketed('')
    clock.now += 7 * SECOND - 1
    const second = await ticketed(first['p-ticket'])
    assert.equal(second['p-time'], 7)
    clock.now += 7 * SECOND
    assert.equal((await ticketed(second['p-ticket'])).length, 2)
  })

  it('can demand a captcha, and leaves calls without a ticket alone', async t => {
    const { sandbox } = await start(t)
    sandbox.inject({ endpoint: 'login', penalty: { seconds: 0, captcha: true } })
    assert.equal((await login(sandbox))['p-captcha'], true)
    assert.ok((await login(sandbox)).accessToken)
  })
})

describe('a latency fault', () => {
  it('carries the call out at once and answers later', async t => {
    const { sandbox } = await start(t)
    sandbox.inject({ endpoint: 'login', latencyMs: 250 })
    const startedAt = performance.now()
    const slow = login(sandbox)
    while (sandbox.counts.logins === 0) await new Promise(resolve => setTimeout(resolve, 5))
    assert.ok(performance.now() - startedAt < 200)
    assert.ok((await slow).accessToken)
    assert.ok(performance.now() - startedAt >= 245)
    assert.equal(lastCall(sandbox).outcome, 'ok')
  })
})

describe('faults in line', () => {
  it('meet the endpoints they are meant for, in any spelling', async t => {
    const { sandbox } = await start(t, { quotas: false })
    const { accessToken } = await login(sandbox)
    const paths = ['auth/renewAccessToken', 'account/list', 'account/item?id=1', 'order/list', 'nothing/here']
    const hit = async endpoint => {
      sandbox.inject({ endpoint, status: 418, times: Number.POSITIVE_INFINITY })
      const found = []
      for (const path of paths) if ((await get(sandbox, path, accessToken)).status === 418) found.push(path)
      if ((await post(sandbox)).status === 418) found.push('login')
      sandbox.clearFaults()
      return found
    }
    assert.deepEqual(await hit('login'), ['login'])
    assert.deepEqual(await hit('renew'), [paths[0]])
    assert.deepEqual(await hit('account'), [paths[1], paths[2]])
    assert.deepEqual(await hit('Order/List'), [paths[3]])
    assert.deepEqual(await hit('/v1/nothing/here'), [paths[4]])
    assert.deepEqual(await hit('any'), [...paths, 'login'])
  })

  it('are used up in their order, each as often as it says, once by default', async t => {
    const { sandbox } = await start(t)
    const { accessToken } = await login(sandbox)
    sandbox.inject({ endpoint: 'renew', status: 501 })
    sandbox.inject({ endpoint: 'account', status: 502, times: 2 })
    sandbox.inject({ endpoint: 'any', status: 503 })
    sandbox.inject({ endpoint: 'account/list', status: 504 })
    const seen = []
    for (let i = 0; i < 5; i += 1) seen.push(await list(sandbox, accessToken))
    assert.deepEqual(seen, [502, 502, 503, 504, 200])
    assert.equal((await get(sandbox, 'auth/renewaccesstoken', accessToken)).status, 501)
  })

  it('do not count against the quotas', async t => {
    const { sandbox } = await start(t, { quotas: { renewalsPerHour: 1 } })
    const { accessToken } = await login(sandbox)
    sandbox.inject({ endpoint: 'renew', status: 503, times: 3 })
    for (let i = 0; i < 3; i += 1) assert.equal((await get(sandbox, 'auth/renewaccesstoken', accessToken)).status, 503)
    assert.ok((await renew(sandbox, accessToken)).accessToken)
    assert.ok((await renew(sandbox, accessToken))['p-ticket'])
  })

  it('end with clearFaults()', async t => {
    const { sandbox } = await start(t)
    sandbox.inject({ endpoint: 'any', status: 503, times: Number.POSITIVE_INFINITY })
    for (let i = 0; i < 20; i += 1) assert.equal((await post(sandbox)).status, 503)
    sandbox.clearFaults()
    assert.equal((await post(sandbox)).status, 200)
  })
})
