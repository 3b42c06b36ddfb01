// Asking the sandbox for a token, renewing it, and what it says about a token.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'

const MINUTE = 60_000
const START = Date.parse('2026-11-02T15:00:00Z')
const WRONG_LOGIN = 'Incorrect username or password. Please try again, noting that passwords are case-sensitive.'

/** A sandbox whose clock stands still until a test moves `clock.now`. */
async function start(t, options) {
  const clock = { now: START }
  const sandbox = await startSandbox({ now: () => clock.now, ...options })
  t.after(() => sandbox.close())
  return { sandbox, clock }
}

const call = (sandbox, path, init) => fetch(`${sandbox.baseUrl}/${path}`, init)
const get = (sandbox, path, token) => call(sandbox, path, { headers: { authorization: `Bearer ${token}` } })
const post = (sandbox, body, path = 'auth/accesstokenrequest') =>
  call(sandbox, path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })
const login = async sandbox => (await post(sandbox, sandbox.credentials)).json()
const renew = async (sandbox, token) => (await get(sandbox, 'auth/renewaccesstoken', token)).json()
const statusAndText = async answer => {
  const { status } = await answer
  return [status, await (await answer).text()]
}

describe('a login', () => {
  it('answers with every field of a token', async t => {
    const { sandbox } = await start(t)
    const answer = await login(sandbox)
    const { host } = new URL(sandbox.baseUrl)
    const { accessToken, mdAccessToken, passwordExpirationTime, ...rest } = answer
    assert.match(accessToken, /^sandbox-token-[0-9a-f]{48}$/)
    assert.match(mdAccessToken, /^sandbox-md-token-[0-9a-f]{48}$/)
    assert.ok(Date.parse(passwordExpirationTime) > START)
    assert.deepEqual(rest, {
      expirationTime: '2026-11-02T16:20:00.000Z',
      userStatus: 'Active',
      userId: 1001,
      name: 'sandbox-user',
      hasLive: true,
      hasMarketData: true,
      outdatedTaC: false,
      orgName: '',
      apiHosts: {
        live: host,
        demo: host,
        mdLive: host,
        mdDemo: host,
        replay: host,
        reportingLive: host,
        reportingDemo: host,
      },
    })
  })

  it('lasts as long as it is told to', async t => {
    const { sandbox } = await start(t, { tokenLifetimeMs: 90_500 })
    assert.equal(Date.parse((await login(sandbox)).expirationTime), START + 90_500)
  })

  it('gives out tokens that differ', async t => {
    const { sandbox } = await start(t)
    const [one, other] = [await login(sandbox), await login(sandbox)]
    assert.notEqual(one.accessToken, other.accessToken)
    assert.notEqual(one.mdAccessToken, other.mdAccessToken)
  })

  it('works in any spelling of the path', async t => {
    const { sandbox } = await start(t)
    for (const path of ['auth/accessTokenRequest', 'AUTH/ACCESSTOKENREQUEST']) {
      assert.ok((await (await post(sandbox, sandbox.credentials, path)).json()).accessToken)
    }
  })

  it('takes cid as a number or as a string', async t => {
    for (const cid of [12, '12']) {
      const { sandbox } = await start(t, { users: [{ name: 'n', password: 'p', cid }] })
      for (const given of [12, '12']) {
        assert.ok((await (await post(sandbox, { name: 'n', password: 'p', cid: given })).json()).accessToken)
      }
    }
  })

  it('says the same to a wrong name, password, cid and sec, with HTTP 200', async t => {
    const { sandbox } = await start(t, { quotas: false })
    const { credentials } = sandbox
    const wrong = [
      { name: 'nobody' },
      { name: '__proto__' },
      { password: 'no' },
      { password: credentials.password.toUpperCase() },
      { cid: 9 },
      { cid: undefined },
      { sec: 'no' },
      { sec: undefined },
    ]
    for (const fields of wrong) {
      const answer = await post(sandbox, { ...credentials, ...fields })
      assert.deepEqual([answer.status, await answer.json()], [200, { errorText: WRONG_LOGIN }])
    }
    assert.equal(sandbox.counts.logins, 0)
  })

  it('lists violations of missing, long and mistyped fields, without repeating a secret', async t => {
    const { sandbox } = await start(t)
    const cases = [
      [{}, ['name is required', 'password is required']],
      [{ name: 'n', password: '' }, ['password is required']],
      [{ name: null, password: 'p', deviceId: null }, ['name is required']],
      [{ name: 'x'.repeat(65), password: 'p' }, ['name must have at most 64 characters']],
      [{ name: 'n', password: 'canary'.repeat(11) }, ['password must have at most 64 characters']],
      [{ name: 'n', password: 'p', appId: 'x'.repeat(65) }, ['appId must have at most 64 characters']],
      [{ name: 'n', password: 'p', appVersion: 'x'.repeat(65) }, ['appVersion must have at most 64 characters']],
      [{ name: 'n', password: 'p', deviceId: 'x'.repeat(65) }, ['deviceId must have at most 64 characters']],
      [{ name: 'n', password: 'p', cid: '1'.repeat(65) }, ['cid must have at most 64 characters']],
      [{ name: 'n', password: 'p', cid: true }, ['cid must be a string or a number']],
      [{ name: 'n', password: 'p', sec: 'canary'.repeat(1_366) }, ['sec must have at most 8192 characters']],
      [{ name: 5, password: 'p' }, ['name must be a string']],
    ]
    for (const [body, descriptions] of cases) {
      const answer = await post(sandbox, body)
      const text = await answer.text()
      const { violations } = JSON.parse(text)
      assert.equal(answer.status, 200)
      assert.deepEqual(
        violations.map(({ description }) => description),
        descriptions,
      )
      for (const one of violations) assert.deepEqual(Object.keys(one), ['constraint', 'value', 'description'])
      assert.ok(!text.includes('canary'))
    }
  })

  it('takes fields that are exactly as long as they may be', async t => {
    const user = { name: 'n'.repeat(64), password: 'p'.repeat(64), sec: 's'.repeat(8_192), cid: '1'.repeat(64) }
    const { sandbox } = await start(t, { users: [user] })
    assert.ok((await login(sandbox)).accessToken)
  })

  it('answers 400 to a body that is no JSON object', async t => {
    const { sandbox } = await start(t)
    for (const body of ['{', '[]', 'null', '"text"']) assert.equal((await post(sandbox, body)).status, 400)
  })

  it('answers 413 to a body of more than 64 KiB', async t => {
    const { sandbox } = await start(t)
    const padded = bytes => {
      const body = JSON.stringify({ ...sandbox.credentials, padding: '' })
      return body.replace('"padding":""', `"padding":"${'x'.repeat(bytes - body.length)}"`)
    }
    assert.equal((await post(sandbox, padded(64 * 1024))).status, 200)
    assert.equal((await post(sandbox, padded(64 * 1024 + 1))).status, 413)
    assert.equal((await post(sandbox, padded(4 * 1024 * 1024))).status, 413)
  })
})

describe('a renewal', () => {
  it('hands out a new token of the same session, which lasts from now', async t => {
    const { sandbox, clock } = await start(t)
    const first = await login(sandbox)
    clock.now += 65 * MINUTE
    const second = await renew(sandbox, first.accessToken)
    assert.notEqual(second.accessToken, first.accessToken)
    assert.notEqual(second.mdAccessToken, first.mdAccessToken)
    assert.equal(Date.parse(second.expirationTime), clock.now + 80 * MINUTE)
    assert.deepEqual(Object.keys(second), Object.keys(first))
    assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals, sandbox.counts.evictions], [1, 1, 0])
  })

  it('leaves the old token string good until its own expiry', async t => {
    const { sandbox, clock } = await start(t)
    const { accessToken: old } = await login(sandbox)
    clock.now += 65 * MINUTE
    const { accessToken: young } = await renew(sandbox, old)
    assert.equal((await get(sandbox, 'account/list', old)).status, 200)
    clock.now += 15 * MINUTE
    assert.deepEqual(await statusAndText(get(sandbox, 'account/list', old)), [401, 'Expired Access Token'])
    assert.equal((await get(sandbox, 'account/list', young)).status, 200)
  })

  it('makes the old token string void when told so', async t => {
    const { sandbox } = await start(t, { renewalKeepsOldToken: false })
    const { accessToken: old } = await login(sandbox)
    const { accessToken: young } = await renew(sandbox, old)
    assert.deepEqual(await statusAndText(get(sandbox, 'account/list', old)), [401, 'Access is denied'])
    assert.equal((await get(sandbox, 'auth/renewaccesstoken', old)).status, 401)
    assert.equal((await get(sandbox, 'account/list', young)).status, 200)
  })

  it('is refused to an expired token', async t => {
    const { sandbox, clock } = await start(t)
    const { accessToken } = await login(sandbox)
    clock.now += 80 * MINUTE
    const answer = get(sandbox, 'auth/renewaccesstoken', accessToken)
    assert.deepEqual(await statusAndText(answer), [401, 'Expired Access Token'])
    assert.equal(sandbox.counts.renewals, 0)
  })
})

describe('a token', () => {
  it('is good to the last millisecond', async t => {
    const { sandbox, clock } = await start(t)
    const { accessToken } = await login(sandbox)
    clock.now += 80 * MINUTE - 1
    assert.equal((await get(sandbox, 'account/list', accessToken)).status, 200)
    clock.now += 1
    assert.deepEqual(await statusAndText(get(sandbox, 'account/list', accessToken)), [401, 'Expired Access Token'])
  })

  it('is denied when it is unknown, missing, or the one for market data', async t => {
    const { sandbox } = await start(t)
    const { mdAccessToken } = await login(sandbox)
    for (const token of ['sandbox-token-1', mdAccessToken]) {
      assert.deepEqual(await statusAndText(get(sandbox, 'account/list', token)), [401, 'Access is denied'])
    }
    assert.deepEqual(await statusAndText(call(sandbox, 'account/list')), [401, 'Access is denied'])
    assert.equal((await get(sandbox, 'auth/renewaccesstoken', 'unknown')).status, 401)
  })

  it('tells whose it is', async t => {
    const { sandbox } = await start(t)
    const { accessToken } = await login(sandbox)
    const answer = await (await get(sandbox, 'auth/me', accessToken)).json()
    assert.deepEqual([answer.userId, answer.name], [1001, 'sandbox-user'])
    assert.equal((await get(sandbox, 'auth/me', 'unknown')).status, 401)
  })
})

describe('the clock', () => {
  it('speaks through the Date header of every kind of answer', async t => {
    const { sandbox, clock } = await start(t)
    sandbox.inject({ endpoint: 'order/list', status: 503 })
    for (const path of ['account/list', 'order/list', 'nothing/here']) {
      clock.now += MINUTE
      assert.equal(Date.parse((await call(sandbox, path)).headers.get('date')), clock.now)
    }
  })

  it('is off by clockOffsetMs in Date, expirationTime and judgement, but not in the log', async t => {
    const offset = -2 * 60 * MINUTE
    const { sandbox, clock } = await start(t, { clockOffsetMs: offset })
    const answer = await post(sandbox, sandbox.credentials)
    const { accessToken, expirationTime } = await answer.json()
    assert.equal(Date.parse(answer.headers.get('date')), START + offset)
    assert.equal(Date.parse(expirationTime), START + offset + 80 * MINUTE)
    clock.now += 79 * MINUTE
    assert.equal((await get(sandbox, 'account/list', accessToken)).status, 200)
    clock.now += MINUTE
    assert.equal((await get(sandbox, 'account/list', accessToken)).status, 401)
    assert.equal(sandbox.log[0].at, START)
  })
})
