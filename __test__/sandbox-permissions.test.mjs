// Users of the sandbox whose API key lacks permissions: 401 for what is denied, while all else works.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'
import { caller, loggedIn, login, start, statusAndText } from './sandbox/client.mjs'

const DENIED = [401, 'Access is denied']

const withDenied = denied => ({ users: [{ name: 'keyed', password: 'p', denied }] })
const statusOf = async ({ call }, path, init) => (await call(path, init)).status

describe('what is denied', () => {
  it('answers 401 Access is denied, and login, renewal and all else work', async t => {
    const sandbox = await start(t, withDenied(['Position/List', 'order/*']))
    const { accessToken } = await login(sandbox)
    const user = caller(sandbox, accessToken)
    assert.deepEqual(await statusAndText(await user.call('position/list')), DENIED)
    assert.deepEqual(await statusAndText(await user.call('order/placeorder', { method: 'POST', body: '{}' })), DENIED)
    for (const path of ['account/list', 'fill/list', 'auth/me', 'auth/renewaccesstoken', 'account/list']) {
      assert.equal(await statusOf(user, path), 200, path)
    }
    assert.deepEqual(
      sandbox.log.map(({ outcome }) => outcome),
      ['ok', 'denied', 'denied', 'ok', 'ok', 'ok', 'ok', 'ok'],
    )
  })

  it('is everything for a new key: denied is "*"', async t => {
    const user = await loggedIn(await start(t, withDenied('*')))
    for (const path of ['account/list', 'order/list', 'nothing/here']) assert.equal(await statusOf(user, path), 401)
    for (const path of ['auth/me', 'auth/renewaccesstoken']) assert.equal(await statusOf(user, path), 200)
  })

  it('is one user’s own', async t => {
    const users = ['a', 'b'].map(name => ({ name, password: 'p', ...(name === 'a' && { denied: '*' }) }))
    const sandbox = await start(t, { users })
    assert.equal(await statusOf(await loggedIn(sandbox, users[0]), 'account/list'), 401)
    assert.equal(await statusOf(await loggedIn(sandbox, users[1]), 'account/list'), 200)
  })

  it('cannot be told from a bad token by its answer', async t => {
    const sandbox = await start(t, withDenied('*'))
    const denied = await (await loggedIn(sandbox)).call('account/list')
    const bad = await caller(sandbox, 'no').call('account/list')
    assert.deepEqual(await statusAndText(denied), await statusAndText(bad))
  })
})

describe('deny() and allow()', () => {
  it('change what the first user may do at once', async t => {
    const sandbox = await start(t)
    const user = await loggedIn(sandbox)
    sandbox.deny('account/*')
    assert.equal(await statusOf(user, 'account/list'), 401)
    sandbox.allow(['/v1/Account/List'])
    assert.deepEqual(
      [await statusOf(user, 'account/list'), await statusOf(user, 'account/deps?masterid=1')],
      [200, 401],
    )
    sandbox.allow('*')
    assert.equal(await statusOf(user, 'account/deps?masterid=1'), 200)
    sandbox.deny('account/*')
    assert.equal(await statusOf(user, 'account/list'), 401)
  })

  it('change it for the user that is named', async t => {
    const users = ['a', 'b'].map(name => ({ name, password: 'p' }))
    const sandbox = await start(t, { users })
    sandbox.deny('account/list', 'b')
    assert.equal(await statusOf(await loggedIn(sandbox, users[0]), 'account/list'), 200)
    assert.equal(await statusOf(await loggedIn(sandbox, users[1]), 'account/list'), 401)
    assert.throws(() => sandbox.deny('account/list', 'c'), { name: 'TypeError', message: /no user of that name/ })
  })
})

it('what cannot be a permission is refused where it is given', async t => {
  const sandbox = await start(t)
  for (const wrong of ['position', 5, ['order/*/x'], 'auth/me', 'auth/*', '*/list']) {
    assert.throws(() => sandbox.deny(wrong), { name: 'TypeError', message: /^endpoints / })
    await assert.rejects(startSandbox(withDenied(wrong)), { name: 'TypeError', message: /users\[0\]\.denied / })
  }
})
