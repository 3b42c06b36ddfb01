// How many sessions a user may have at the sandbox, and what a closed one answers.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'
import { Sessions } from '../sandbox/sessions.js'

const MINUTE = 60_000

/** A sandbox whose clock stands still until a test moves `clock.now`. */
async function start(t, options) {
  const clock = { now: Date.parse('2026-11-02T15:00:00Z') }
  const sandbox = await startSandbox({ now: () => clock.now, ...options })
  t.after(() => sandbox.close())
  return { sandbox, clock }
}

const get = (sandbox, path, token) =>
  fetch(`${sandbox.baseUrl}/${path}`, { headers: { authorization: `Bearer ${token}` } })

async function login(sandbox, credentials = sandbox.credentials) {
  const url = `${sandbox.baseUrl}/auth/accesstokenrequest`
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(credentials) })
  return (await answer.json()).accessToken
}

async function renew(sandbox, token) {
  return (await (await get(sandbox, 'auth/renewaccesstoken', token)).json()).accessToken
}

const statuses = (sandbox, tokens) =>
  Promise.all(tokens.map(async token => (await get(sandbox, 'account/list', token)).status))

describe('sessions of one user', () => {
  it('are two: a third login closes the oldest', async t => {
    const { sandbox } = await start(t)
    const tokens = [await login(sandbox), await login(sandbox)]
    assert.deepEqual(await statuses(sandbox, tokens), [200, 200])
    tokens.push(await login(sandbox))
    assert.deepEqual(await statuses(sandbox, tokens), [401, 200, 200])
    tokens.push(await login(sandbox))
    assert.deepEqual(await statuses(sandbox, tokens), [401, 401, 200, 200])
    assert.deepEqual([sandbox.counts.logins, sandbox.counts.evictions], [4, 2])
  })

  it('are as many as maxSessions says', async t => {
    const { sandbox } = await start(t, { maxSessions: 1 })
    const tokens = [await login(sandbox), await login(sandbox)]
    assert.deepEqual(await statuses(sandbox, tokens), [401, 200])
  })

  it('are not opened by a refused login', async t => {
    const { sandbox } = await start(t)
    const tokens = [await login(sandbox), await login(sandbox)]
    await login(sandbox, { ...sandbox.credentials, password: 'no' })
    assert.deepEqual(await statuses(sandbox, tokens), [200, 200])
  })

  it('are not opened by a renewal, and the oldest is the first opened, renewed or not', async t => {
    const { sandbox } = await start(t)
    const first = await login(sandbox)
    const second = await login(sandbox)
    const renewed = await renew(sandbox, first)
    assert.deepEqual(await statuses(sandbox, [first, renewed, second]), [200, 200, 200])
    const third = await login(sandbox)
    assert.deepEqual(await statuses(sandbox, [first, renewed, second, third]), [401, 401, 200, 200])
  })

  it('do not count once they have expired', async t => {
    const { sandbox, clock } = await start(t)
    await login(sandbox)
    clock.now += 70 * MINUTE
    const second = await login(sandbox)
    clock.now += 10 * MINUTE
    const third = await login(sandbox)
    assert.deepEqual(await statuses(sandbox, [second, third]), [200, 200])
    assert.equal(sandbox.counts.evictions, 0)
  })

  it('count for as long as their renewals last', async t => {
    const { sandbox, clock } = await start(t)
    const first = await login(sandbox)
    clock.now += 70 * MINUTE
    const renewed = await renew(sandbox, first)
    clock.now += 70 * MINUTE
    await login(sandbox)
    assert.deepEqual(await statuses(sandbox, [renewed]), [200])
    await login(sandbox)
    assert.deepEqual(await statuses(sandbox, [renewed]), [401])
  })

  it('leave other users alone', async t => {
    const users = ['a', 'b'].map(name => ({ name, password: 'p' }))
    const { sandbox } = await start(t, { users, maxSessions: 1 })
    const tokens = [await login(sandbox, users[0]), await login(sandbox, users[1])]
    assert.deepEqual(await statuses(sandbox, tokens), [200, 200])
  })
})

describe('old token strings', () => {
  it('are forgotten beyond 50,000, but never the present one of an open session', () => {
    const options = { tokenLifetimeMs: 80 * MINUTE, maxSessions: 2, renewalKeepsOldToken: true }
    const sessions = new Sessions(() => 0, options)
    const { grant: idle } = sessions.open('user')
    let { grant } = sessions.open('user')
    const second = grant
    const third = sessions.renew(second)
    grant = third
    for (let i = 0; i < 49_998; i += 1) grant = sessions.renew(grant)
    const validities = [idle, second, third, grant].map(({ accessToken }) => sessions.look(accessToken).validity)
    assert.deepEqual(validities, ['good', 'unknown', 'good', 'good'])
  })
})

describe('a renewal', () => {
  it('ends later than the token before, even in the same millisecond', () => {
    const sessions = new Sessions(() => 0, { tokenLifetimeMs: MINUTE, maxSessions: 2, renewalKeepsOldToken: true })
    const { grant } = sessions.open('user')
    const first = sessions.renew(grant)
    const second = sessions.renew(first)
    assert.deepEqual(
      [grant, first, second].map(({ expiresAt }) => expiresAt - MINUTE),
      [0, 1, 2],
    )
  })

  it('ends earlier where the clock was set back', () => {
    let now = 10 * MINUTE
    const options = { tokenLifetimeMs: MINUTE, maxSessions: 2, renewalKeepsOldToken: true }
    const sessions = new Sessions(() => now, options)
    const { grant } = sessions.open('user')
    now = 0
    assert.equal(sessions.renew(grant).expiresAt, MINUTE)
  })
})

describe('a closed session', () => {
  for (const [status, body] of [
    [401, 'Access is denied'],
    [408, ''],
    [429, ''],
    [500, ''],
  ]) {
    it(`answers ${status} everywhere when closedSessionStatus says so`, async t => {
      const { sandbox } = await start(t, { closedSessionStatus: status })
      const token = await login(sandbox)
      sandbox.evict()
      for (const path of ['account/list', 'auth/renewaccesstoken', 'auth/me']) {
        const answer = await get(sandbox, path, token)
        assert.deepEqual([answer.status, await answer.text()], [status, body])
      }
      assert.equal((await get(sandbox, 'account/list', 'unknown')).status, 401)
    })
  }

  it('answers as expired when its token has expired as well', async t => {
    const { sandbox, clock } = await start(t, { closedSessionStatus: 500 })
    const token = await login(sandbox)
    sandbox.evict()
    clock.now += 80 * MINUTE
    const answer = await get(sandbox, 'account/list', token)
    assert.deepEqual([answer.status, await answer.text()], [401, 'Expired Access Token'])
  })

  it('is 401 by default', async t => {
    const { sandbox } = await start(t)
    const token = await login(sandbox)
    sandbox.evict()
    assert.deepEqual(await statuses(sandbox, [token]), [401])
  })
})

describe('evict()', () => {
  it('closes every open session of the first user, once', async t => {
    const users = ['a', 'b'].map(name => ({ name, password: 'p' }))
    const { sandbox } = await start(t, { users })
    const tokens = [await login(sandbox), await login(sandbox), await login(sandbox, users[1])]
    sandbox.evict()
    assert.deepEqual(await statuses(sandbox, tokens), [401, 401, 200])
    sandbox.evict()
    assert.equal(sandbox.counts.evictions, 2)
    assert.deepEqual(await statuses(sandbox, [await login(sandbox)]), [200])
  })

  it('takes the name of another user, and refuses an unknown one', async t => {
    const users = ['a', 'b'].map(name => ({ name, password: 'p' }))
    const { sandbox } = await start(t, { users })
    const tokens = [await login(sandbox, users[0]), await login(sandbox, users[1])]
    sandbox.evict('b')
    assert.deepEqual(await statuses(sandbox, tokens), [200, 401])
    assert.throws(() => sandbox.evict('c'), TypeError)
  })
})
