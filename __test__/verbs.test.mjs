// A path that Tradovate documents for POST alone is not sent by GET, which would be sent again after a lost connection.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import tokenSource from '../lib/token-source.js'
import { readFacts } from '../scripts/endpoint-types.mjs'
import { atSandbox, ORDER, refused } from './fetch/sessions.mjs'
import { atHome } from './service/home.mjs'

const { operations } = readFacts()
const BALANCE = 'cashBalance/getcashbalancesnapshot'
const query = { ...ORDER }
const REFUSAL = /^method must be 'POST' for order\/placeorder: a GET is sent again/i

const paths = method =>
  Object.keys(operations)
    .filter(name => name.startsWith(`${method} `))
    .map(name => name.slice(method.length + 1))
    .filter(path => !['auth/accesstokenrequest', 'auth/renewaccesstoken'].includes(path))

/** Every way in which a caller can name the path of an order. */
function ordersByGet(source, baseUrl) {
  const { fetch } = source
  const text = new URLSearchParams(query)
  return [
    () => source.request('GET', 'order/placeorder', { query }),
    () => source.request('GET', '/order/placeorder'),
    () => source.request('GET', 'order/placeOrder', { query }),
    () => source.request('GET', 'ORDER/PLACEORDER', { query, purpose: 'live' }),
    () => fetch(`/order/placeorder?${text}`),
    () => fetch(`order/placeOrder?${text}`, { method: 'get' }),
    () => fetch(`/v1/order/placeorder?${text}`),
    () => fetch(`${baseUrl}/order/placeorder?${text}`),
    () => fetch(new URL(`${baseUrl}/order/placeorder?${text}#here`)),
    () => fetch(new Request(`${baseUrl}/order/placeorder?${text}`)),
    () => fetch(new Request(`${baseUrl}/order/placeorder?${text}`, { method: 'POST' }), { method: 'GET' }),
  ]
}

test('an order by GET is refused before anything is sent, however its path is spelt', async () => {
  const { sandbox, session, seen } = await atSandbox()
  for (const order of ordersByGet(session, sandbox.baseUrl)) await refused(order(), REFUSAL)
  assert.deepEqual(seen('order/placeorder'), [])
  assert.ok((await session.request('POST', 'order/placeOrder', { body: ORDER })).orderId > 0)
})

test('a dependent of a token service refuses it as well', () =>
  atHome({}, async home => {
    const session = await home.open({ environment: 'demo' })
    await session.serve(home.address)
    const client = await home.connect(home.address)
    for (const order of ordersByGet(client, home.sandbox.baseUrl)) await refused(order(), REFUSAL)
    assert.deepEqual(
      home.sandbox.log.filter(({ endpoint }) => endpoint === 'order/placeorder'),
      [],
    )
  }))

test('so is every path that is documented for POST alone, and no other', () => {
  const posts = paths('POST').filter(path => path !== BALANCE)
  assert.equal(posts.length, 74)
  for (const path of posts) {
    const message = `method must be 'POST' for ${path}: a GET is sent again after a lost connection`
    assert.throws(() => tokenSource.endpoint('GET', path), {
      code: 'ERR_TRADOVATE_CONFIG',
      outcome: 'not-sent',
      message,
    })
    assert.throws(() => tokenSource.endpoint('GET', path.toLowerCase()), { code: 'ERR_TRADOVATE_CONFIG' })
    assert.equal(tokenSource.endpoint('POST', path).call.path, path)
  }
  for (const path of [
    ...paths('GET'),
    'news/list',
    'order',
    'order/placeorder/now',
    'orders/placeorder',
    'constructor',
  ])
    for (const method of ['GET', 'POST']) assert.equal(tokenSource.endpoint(method, path).call.path, path)
})

test('what clients in use ask for by either verb is answered by either', async () => {
  const { session, seen } = await atSandbox()
  const [{ id: accountId }] = await session.getAccounts()
  const byPost = await session.request('POST', BALANCE, { body: { accountId } })
  const byGet = await session.request('GET', BALANCE, { query: { accountId } })
  assert.deepEqual(byGet, byPost)
  assert.equal((await session.fetch(`/${BALANCE}?accountId=${accountId}`)).status, 200)
  assert.equal((await session.request('POST', 'account/list')).length, 2)
  assert.deepEqual(
    seen(BALANCE.toLowerCase()).map(({ method }) => method),
    ['POST', 'GET', 'GET'],
  )
})
