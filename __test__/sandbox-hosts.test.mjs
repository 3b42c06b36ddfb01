// The sandbox moves to another port, and what the ports that it left still answer.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'

async function start(t, options) {
  const sandbox = await startSandbox(options)
  t.after(() => sandbox.close())
  return sandbox
}

const call = (base, path, token, method = 'GET') =>
  fetch(`${base}/${path}`, { method, headers: { authorization: `Bearer ${token}` }, redirect: 'manual' })

async function login(base, credentials) {
  const answer = await fetch(`${base}/auth/accesstokenrequest`, { method: 'POST', body: JSON.stringify(credentials) })
  return answer.json()
}

const renew = async (base, token) => (await call(base, 'auth/renewaccesstoken', token)).json()
const baseOf = host => `http://${host}/v1`

describe('moveHosts()', () => {
  it('makes apiHosts of logins and renewals name another port for every purpose', async t => {
    const sandbox = await start(t)
    const first = await login(sandbox.baseUrl, sandbox.credentials)
    sandbox.moveHosts()
    const renewed = await renew(sandbox.baseUrl, first.accessToken)
    const second = await login(sandbox.baseUrl, sandbox.credentials)
    const hosts = new Set(Object.values(renewed.apiHosts))
    assert.equal(hosts.size, 1)
    assert.match(renewed.apiHosts.live, /^127\.0\.0\.1:\d+$/)
    assert.notEqual(renewed.apiHosts.live, first.apiHosts.live)
    assert.deepEqual(second.apiHosts, renewed.apiHosts)
    assert.deepEqual(Object.keys(renewed.apiHosts), Object.keys(first.apiHosts))
  })

  it('leaves baseUrl as it is', async t => {
    const sandbox = await start(t)
    const before = sandbox.baseUrl
    sandbox.moveHosts()
    assert.equal(sandbox.baseUrl, before)
  })

  it('makes the first port answer 307 to all but the two ways to a token', async t => {
    const sandbox = await start(t)
    const { accessToken } = await login(sandbox.baseUrl, sandbox.credentials)
    sandbox.moveHosts()
    const { apiHosts } = await renew(sandbox.baseUrl, accessToken)
    const cases = [
      ['GET', 'account/list'],
      ['GET', 'account/item?id=500001'],
      ['GET', 'auth/me'],
      ['GET', 'nothing/here'],
      ['POST', 'order/placeorder'],
    ]
    for (const [method, path] of cases) {
      const answer = await call(sandbox.baseUrl, path, accessToken, method)
      assert.deepEqual(
        [answer.status, answer.headers.get('location'), await answer.text()],
        [307, `${baseOf(apiHosts.live)}/${path}`, ''],
      )
    }
    assert.equal(sandbox.log.at(-1).outcome, 'refused')
    assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 1])
  })

  it('lets every token go on at the new port', async t => {
    const sandbox = await start(t)
    const { accessToken } = await login(sandbox.baseUrl, sandbox.credentials)
    sandbox.moveHosts()
    const { apiHosts } = await renew(sandbox.baseUrl, accessToken)
    assert.equal((await call(baseOf(apiHosts.live), 'account/list', accessToken)).status, 200)
    assert.ok((await login(baseOf(apiHosts.live), sandbox.credentials)).accessToken)
  })

  it('moves on each time, and every port that was left points to the present one', async t => {
    const sandbox = await start(t, { quotas: false })
    const { accessToken, apiHosts } = await login(sandbox.baseUrl, sandbox.credentials)
    const seen = [apiHosts.live]
    for (let i = 0; i < 5; i += 1) {
      sandbox.moveHosts()
      seen.push((await renew(sandbox.baseUrl, accessToken)).apiHosts.live)
    }
    assert.equal(new Set(seen).size, 6)
    for (const left of seen.slice(0, -1)) {
      const answer = await call(baseOf(left), 'account/list', accessToken)
      assert.equal(answer.headers.get('location'), `${baseOf(seen.at(-1))}/account/list`)
    }
  })

  it('works three times in a row, and says so when it cannot at the fourth', async t => {
    const sandbox = await start(t)
    for (let i = 0; i < 3; i += 1) sandbox.moveHosts()
    assert.throws(() => sandbox.moveHosts(), /moved too often/)
    const { accessToken, apiHosts } = await login(sandbox.baseUrl, sandbox.credentials)
    assert.equal((await call(baseOf(apiHosts.live), 'account/list', accessToken)).status, 200)
    sandbox.moveHosts()
  })

  it('throws once the sandbox is closed', async () => {
    const sandbox = await startSandbox()
    await sandbox.close()
    assert.throws(() => sandbox.moveHosts(), /closed/)
  })
})
