// Hosts of the sandbox that apiHosts named and that are retired, while the first host goes on.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'
import { caller, login, start, statusAndText } from './sandbox/client.mjs'

const at = host => ({ baseUrl: `http://${host}/v1` })

/** A sandbox whose login was told another host than the first one, which is then retired. */
async function retired(t, how) {
  const sandbox = await start(t)
  sandbox.moveHosts()
  const { accessToken, apiHosts } = await login(sandbox)
  sandbox.retireHost(how)
  return { sandbox, accessToken, told: apiHosts.live }
}

const renewAt = (place, token) => caller(place, token).get('auth/renewaccesstoken')

describe('a retired host', () => {
  for (const status of [404, 403, 502, 503]) {
    it(`answers ${status} to everything, logins and renewals too`, async t => {
      const { sandbox, accessToken, told } = await retired(t, { status })
      const { call } = caller(at(told), accessToken)
      for (const path of ['account/list', 'auth/renewaccesstoken', 'nothing/here']) {
        assert.deepEqual(await statusAndText(await call(path)), [status, ''])
      }
      assert.equal((await call('auth/accesstokenrequest', { method: 'POST', body: '{}' })).status, status)
      const { host, outcome } = sandbox.log.at(-1)
      assert.deepEqual([host, outcome], [told, 'refused'])
    })
  }

  it('answers 404 unless something else is said', async t => {
    const { accessToken, told } = await retired(t)
    assert.equal((await caller(at(told), accessToken).call('account/list')).status, 404)
  })

  it('refuses connections, at once and those that were open', async t => {
    const { sandbox, accessToken, told } = await retired(t, { fault: 'refuse' })
    await assert.rejects(caller(at(told), accessToken).call('account/list'), ({ cause }) => {
      assert.equal(cause.code, 'ECONNREFUSED')
      return true
    })
    assert.deepEqual(sandbox.hosts.retired, [told])
  })

  it('takes a call and never answers', async t => {
    const { sandbox, accessToken, told } = await retired(t, { fault: 'hang' })
    const patience = AbortSignal.timeout(300)
    await assert.rejects(caller(at(told), accessToken).call('account/list', { signal: patience }), patience.reason)
    assert.deepEqual([sandbox.log.at(-1).host, sandbox.log.at(-1).status], [told, 0])
  })

  it('uses up no fault', async t => {
    const { sandbox, accessToken, told } = await retired(t, { status: 404 })
    sandbox.inject({ endpoint: 'account', status: 418 })
    assert.equal((await caller(at(told), accessToken).call('account/list')).status, 404)
    assert.equal((await caller(sandbox, accessToken).call('account/list')).status, 418)
  })
})

describe('the first host goes on', () => {
  it('names itself, and serves everything', async t => {
    const { sandbox, accessToken } = await retired(t, { status: 404 })
    const { first, told } = sandbox.hosts
    assert.deepEqual([told, new URL(sandbox.baseUrl).host], [first, first])
    const renewed = await renewAt(sandbox, accessToken)
    assert.equal(renewed.apiHosts.live, first)
    assert.equal((await caller(sandbox, renewed.accessToken).call('account/list')).status, 200)
  })

  it('may name a new host, where everything is, and points to it', async t => {
    const { sandbox, accessToken, told } = await retired(t, { status: 404, apiHosts: 'new' })
    const renewed = await renewAt(sandbox, accessToken)
    const now = renewed.apiHosts.live
    assert.ok(![told, sandbox.hosts.first].includes(now))
    assert.deepEqual(sandbox.hosts, {
      first: sandbox.hosts.first,
      told: now,
      left: [sandbox.hosts.first],
      retired: [told],
    })
    assert.equal((await caller(at(now), accessToken).call('account/list')).status, 200)
    const left = await caller(sandbox, accessToken).call('account/list')
    assert.deepEqual([left.status, left.headers.get('location')], [307, `http://${now}/v1/account/list`])
  })

  it('may go on to name the retired one, and serves everything itself', async t => {
    const { sandbox, accessToken, told } = await retired(t, { fault: 'refuse', apiHosts: 'retired' })
    assert.equal((await renewAt(sandbox, accessToken)).apiHosts.live, told)
    assert.equal((await login(sandbox)).apiHosts.live, told)
    assert.equal((await caller(sandbox, accessToken).call('account/list')).status, 200)
  })

  it('can move again afterwards, and the next one be retired', async t => {
    const { sandbox, accessToken, told } = await retired(t, { fault: 'refuse' })
    sandbox.moveHosts()
    const next = (await renewAt(sandbox, accessToken)).apiHosts.live
    sandbox.retireHost({ status: 503 })
    assert.deepEqual(sandbox.hosts.retired, [told, next])
    assert.equal((await caller(sandbox, accessToken).call('account/list')).status, 200)
  })
})

describe('retireHost() refuses', () => {
  it('the first host, a host that is retired already, and a closed sandbox', async t => {
    const sandbox = await startSandbox()
    t.after(() => sandbox.close())
    assert.throws(() => sandbox.retireHost(), /moveHosts\(\) before/)
    sandbox.moveHosts()
    sandbox.retireHost({ apiHosts: 'retired' })
    assert.throws(() => sandbox.retireHost(), /retired already/)
    await sandbox.close()
    assert.throws(() => sandbox.retireHost(), /closed/)
  })

  const wrong = {
    'no object': [404, /object/],
    'an unknown key': [{ how: 404 }, /'how'/],
    both: [{ status: 404, fault: 'hang' }, /not both/],
    'a status below 400': [{ status: 307 }, /status/],
    'another fault': [{ fault: 'reset' }, /fault must be one of/],
    'another name': [{ apiHosts: 'none' }, /apiHosts must be one of/],
  }
  for (const [what, [how, message]] of Object.entries(wrong)) {
    it(what, async t => {
      const sandbox = await start(t)
      sandbox.moveHosts()
      assert.throws(() => sandbox.retireHost(how), { name: 'TypeError', message })
      assert.deepEqual(sandbox.hosts.retired, [])
    })
  }
})
