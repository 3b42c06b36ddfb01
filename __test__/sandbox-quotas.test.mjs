// The sandbox's hourly limits, and the penalties beyond them.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'
import { readOptions } from '../sandbox/options.js'
import { Quotas } from '../sandbox/quotas.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** A sandbox whose clock stands still until a test moves `clock.now`. */
async function start(t, options) {
  const clock = { now: Date.parse('2026-11-02T15:00:00Z') }
  const sandbox = await startSandbox({ now: () => clock.now, ...options })
  t.after(() => sandbox.close())
  return { sandbox, clock }
}

const get = (sandbox, path, token) =>
  fetch(`${sandbox.baseUrl}/${path}`, { headers: { authorization: `Bearer ${token}` } })

async function login(sandbox, fields) {
  const body = JSON.stringify({ ...sandbox.credentials, ...fields })
  return (await fetch(`${sandbox.baseUrl}/auth/accesstokenrequest`, { method: 'POST', body })).json()
}

async function renew(sandbox, token, ticket) {
  const query = ticket === undefined ? '' : `?p-ticket=${ticket}`
  return (await get(sandbox, `auth/renewaccesstoken${query}`, token)).json()
}

async function failLogins(sandbox, times) {
  for (let i = 0; i < times; i += 1) assert.ok((await login(sandbox, { password: 'no' })).errorText)
}

describe('failed logins', () => {
  it('are five an hour; then every login is penalised, a right one too', async t => {
    const { sandbox } = await start(t)
    await failLogins(sandbox, 5)
    const penalty = await login(sandbox)
    assert.match(penalty['p-ticket'], /^sandbox-ticket-[0-9a-f]{48}$/)
    assert.deepEqual([penalty['p-time'], penalty['p-captcha'], penalty.accessToken], [15, undefined, undefined])
    assert.equal(sandbox.counts.logins, 0)
  })

  it('do not count successes or violations', async t => {
    const { sandbox } = await start(t)
    for (let i = 0; i < 10; i += 1) assert.ok((await login(sandbox)).accessToken)
    for (let i = 0; i < 10; i += 1) assert.ok((await login(sandbox, { name: '' })).violations)
    await failLogins(sandbox, 5)
  })

  it('are forgotten one by one as they become an hour old', async t => {
    const { sandbox, clock } = await start(t)
    await failLogins(sandbox, 1)
    clock.now += 30 * MINUTE
    await failLogins(sandbox, 4)
    clock.now += 30 * MINUTE - 1
    assert.ok((await login(sandbox))['p-ticket'])
    clock.now += 1
    await failLogins(sandbox, 1)
    assert.ok((await login(sandbox))['p-ticket'])
  })

  it('are counted for each address by itself', () => {
    const quotas = new Quotas(Date.now, readOptions().quotas)
    const gateOf = address => quotas.gate('auth/accesstokenrequest', address)
    for (let i = 0; i < 5; i += 1) gateOf('127.0.0.1').count()
    assert.equal(gateOf('127.0.0.1').admit().outcome, 'penalty')
    assert.equal(gateOf('127.0.0.2').admit(), undefined)
  })
})

describe('a ticket', () => {
  async function penalised(t, options) {
    const { sandbox, clock } = await start(t, options)
    await failLogins(sandbox, 5)
    return { sandbox, clock, ticket: (await login(sandbox))['p-ticket'] }
  }

  it('lets one login pass after p-time', async t => {
    const { sandbox, clock, ticket } = await penalised(t)
    clock.now += 15 * SECOND
    assert.ok((await login(sandbox, { 'p-ticket': ticket })).accessToken)
    assert.ok((await login(sandbox))['p-ticket'])
    assert.ok((await login(sandbox, { 'p-ticket': ticket }))['p-ticket'])
  })

  it('brings another penalty when it comes too early, and is void then', async t => {
    const { sandbox, clock, ticket } = await penalised(t)
    clock.now += 15 * SECOND - 1
    const next = await login(sandbox, { 'p-ticket': ticket })
    assert.notEqual(next['p-ticket'], ticket)
    clock.now += 15 * SECOND
    assert.ok((await login(sandbox, { 'p-ticket': ticket }))['p-ticket'])
    assert.ok((await login(sandbox, { 'p-ticket': next['p-ticket'] })).accessToken)
  })

  it('brings another penalty when it is a wrong one', async t => {
    const { sandbox, clock } = await penalised(t)
    clock.now += 15 * SECOND
    for (const wrong of ['no', 5]) assert.ok((await login(sandbox, { 'p-ticket': wrong }))['p-ticket'])
  })

  it('does not serve at another endpoint', async t => {
    const { sandbox, clock, ticket } = await penalised(t, { quotas: { renewalsPerHour: 0 } })
    clock.now += 15 * SECOND
    const { accessToken } = await login(sandbox, { 'p-ticket': ticket })
    const other = (await login(sandbox))['p-ticket']
    clock.now += 15 * SECOND
    assert.ok((await renew(sandbox, accessToken, other))['p-ticket'])
  })

  it('is of no consequence where no penalty is open', async t => {
    const { sandbox } = await start(t)
    assert.ok((await login(sandbox, { 'p-ticket': 'no' })).accessToken)
  })

  it('demands a captcha after five penalties, and is not honoured from then on', async t => {
    const { sandbox, clock } = await penalised(t)
    for (let i = 0; i < 4; i += 1) assert.equal((await login(sandbox))['p-captcha'], undefined)
    const penalty = await login(sandbox)
    assert.equal(penalty['p-captcha'], true)
    clock.now += 30 * MINUTE
    assert.equal((await login(sandbox, { 'p-ticket': penalty['p-ticket'] }))['p-captcha'], true)
    clock.now += HOUR
    assert.ok((await login(sandbox, { 'p-ticket': penalty['p-ticket'] })).accessToken)
  })
})

describe('renewals', () => {
  it('are fifteen an hour, successes included; a ticket in the query lets one more pass', async t => {
    const { sandbox, clock } = await start(t)
    const { accessToken } = await login(sandbox)
    for (let i = 0; i < 15; i += 1) assert.ok((await renew(sandbox, accessToken)).accessToken)
    const penalty = await renew(sandbox, accessToken)
    assert.equal(penalty['p-time'], 15)
    clock.now += 15 * SECOND
    assert.ok((await renew(sandbox, accessToken, penalty['p-ticket'])).accessToken)
    assert.ok((await renew(sandbox, accessToken))['p-ticket'])
    assert.equal(sandbox.counts.renewals, 16)
  })

  it('count refused ones too', async t => {
    const { sandbox } = await start(t)
    const { accessToken } = await login(sandbox)
    for (let i = 0; i < 15; i += 1) assert.equal((await get(sandbox, 'auth/renewaccesstoken', 'no')).status, 401)
    assert.ok((await renew(sandbox, accessToken))['p-ticket'])
  })

  it('leave the other endpoints alone', async t => {
    const { sandbox } = await start(t, { quotas: { renewalsPerHour: 0 } })
    const { accessToken } = await login(sandbox)
    assert.ok((await renew(sandbox, accessToken))['p-ticket'])
    assert.equal((await get(sandbox, 'account/list', accessToken)).status, 200)
  })
})

describe('auth/me', () => {
  it('is penalised for 30 s after ten failures an hour', async t => {
    const { sandbox } = await start(t)
    const { accessToken } = await login(sandbox)
    for (let i = 0; i < 20; i += 1) assert.equal((await get(sandbox, 'auth/me', accessToken)).status, 200)
    for (let i = 0; i < 10; i += 1) assert.equal((await get(sandbox, 'auth/me', 'no')).status, 401)
    assert.equal((await (await get(sandbox, 'auth/me', accessToken)).json())['p-time'], 30)
  })
})

describe('the hourly rate', () => {
  const list = async (sandbox, token) => (await get(sandbox, 'account/list', token)).status

  it('of a user is 5,000 calls; then 429 with an empty body', async t => {
    const { sandbox } = await start(t)
    const { accessToken } = await login(sandbox)
    for (let i = 0; i < 5_000; i += 1) if ((await list(sandbox, accessToken)) !== 200) assert.fail(`call ${i}`)
    const answer = await get(sandbox, 'account/list', accessToken)
    assert.deepEqual([answer.status, await answer.text()], [429, ''])
    assert.ok((await login(sandbox)).accessToken)
  })

  it('is put off by asking again', async t => {
    const { sandbox, clock } = await start(t, { quotas: { requestsPerHour: 2 } })
    const { accessToken } = await login(sandbox)
    assert.deepEqual([await list(sandbox, accessToken), await list(sandbox, accessToken)], [200, 200])
    clock.now += 50 * MINUTE
    assert.equal(await list(sandbox, accessToken), 429)
    assert.equal(await list(sandbox, accessToken), 429)
    clock.now += 20 * MINUTE
    assert.equal(await list(sandbox, accessToken), 429)
  })

  it('of an address without a token is a limit of its own', async t => {
    const { sandbox, clock } = await start(t, { quotas: { anonymousRequestsPerHour: 2 } })
    const { accessToken } = await login(sandbox)
    assert.equal(await list(sandbox, 'no'), 401)
    assert.equal(await list(sandbox, 'no'), 429)
    assert.equal(await list(sandbox, accessToken), 200)
    clock.now += HOUR
    assert.equal(await list(sandbox, 'no'), 401)
  })

  it('of a user is not spent by a token that is no longer good', async t => {
    const { sandbox } = await start(t, { quotas: { requestsPerHour: 1 } })
    const { accessToken } = await login(sandbox)
    sandbox.evict()
    assert.equal(await list(sandbox, accessToken), 401)
    const second = (await login(sandbox)).accessToken
    assert.deepEqual([await list(sandbox, second), await list(sandbox, second)], [200, 429])
  })
})

describe('options.quotas', () => {
  it('changes each limit and the back-off', async t => {
    const quotas = { failedLoginsPerHour: 1, failedMePerHour: 1, penaltiesBeforeCaptcha: 0, backOffSeconds: 2 }
    const { sandbox } = await start(t, { quotas })
    await failLogins(sandbox, 1)
    const penalty = await login(sandbox)
    assert.deepEqual([penalty['p-time'], penalty['p-captcha']], [2, true])
    assert.equal((await get(sandbox, 'auth/me', 'no')).status, 401)
    assert.equal((await (await get(sandbox, 'auth/me', 'no')).json())['p-time'], 2)
  })

  it('false switches them off', async t => {
    const { sandbox } = await start(t, { quotas: false })
    await failLogins(sandbox, 20)
    const { accessToken } = await login(sandbox)
    for (let i = 0; i < 20; i += 1) assert.ok((await renew(sandbox, accessToken)).accessToken)
  })
})

describe('an address', () => {
  /** One call from another address of this machine. */
  const from = (localAddress, url) =>
    new Promise((resolve, reject) => {
      request(url, { localAddress }, answer => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end()
    })

  it('has its limits for all users together, who are told in quotas and counts', async t => {
    const users = Array.from({ length: 8 }, (_, i) => ({ name: `user-${i}`, password: 'p' }))
    const { sandbox, clock } = await start(t, { users })
    const endpoints = { logins: 'auth/accesstokenrequest', renewals: 'auth/renewaccesstoken' }
    const use = endpoint => sandbox.quotas.find(quota => quota.endpoint === endpoint)
    for (const user of users.slice(0, 4)) assert.ok((await login(sandbox, { ...user, password: 'no' })).errorText)
    assert.deepEqual(use(endpoints.logins), {
      endpoint: endpoints.logins,
      address: '127.0.0.1',
      counted: 4,
      limit: 5,
      penalties: 0,
    })
    await login(sandbox, { ...users[4], password: 'no' })
    const { 'p-ticket': ticket } = await login(sandbox, users[5])
    clock.now += 15 * SECOND
    const { accessToken } = await login(sandbox, { ...users[5], 'p-ticket': ticket })
    clock.now += HOUR
    const tokens = [accessToken]
    for (const user of users.slice(6)) tokens.push((await login(sandbox, user)).accessToken)
    for (let i = 0; i < 15; i += 1) assert.ok((await renew(sandbox, tokens[i % 3])).accessToken)
    assert.ok((await renew(sandbox, tokens[0]))['p-ticket'])
    const { counted, penalties } = use(endpoints.renewals)
    assert.deepEqual([counted, penalties, sandbox.counts.penalties], [15, 1, 2])
    clock.now += HOUR
    assert.equal(use(endpoints.renewals).counted, 0)
  })

  it('is that of the caller', { skip: process.platform !== 'linux' && 'one loopback address' }, async t => {
    const { sandbox } = await start(t, { quotas: { failedMePerHour: 1 } })
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      assert.equal(await from(address, `${sandbox.baseUrl}/auth/me`), 401)
      assert.equal(await from(address, `${sandbox.baseUrl}/auth/me`), 200)
    }
    assert.deepEqual(
      sandbox.quotas.map(({ address, counted }) => [address, counted]),
      [
        ['127.0.0.1', 1],
        ['127.0.0.2', 1],
      ],
    )
    assert.equal(sandbox.log.at(-1).address, '127.0.0.2')
  })
})
