// What the sandbox answers about accounts and balances, and to calls that do not exist.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'

const USERS = [
  {
    name: 'trader',
    password: 'p',
    accounts: [
      { id: 7, name: 'DEMO7' },
      { id: 8, name: 'demo8', userId: 555, accountType: 'Something', ownField: { kept: true } },
      { name: 'Other' },
    ],
  },
  { name: 'nobody', password: 'p', accounts: [] },
  { name: 'usual', password: 'p' },
]

async function start(t, user = USERS[0]) {
  const sandbox = await startSandbox({ users: USERS })
  t.after(() => sandbox.close())
  const login = await fetch(`${sandbox.baseUrl}/auth/accesstokenrequest`, {
    method: 'POST',
    body: JSON.stringify(user),
  })
  const { accessToken } = await login.json()
  const headers = { authorization: `Bearer ${accessToken}` }
  const call = (path, init) => fetch(`${sandbox.baseUrl}/${path}`, { headers, ...init })
  return {
    sandbox,
    call,
    get: async path => (await call(path)).json(),
    post: async (path, body) => (await call(path, { method: 'POST', body: JSON.stringify(body) })).json(),
  }
}

const idsOf = accounts => accounts.map(({ id }) => id)
const statusAndText = async answer => [answer.status, await answer.text()]

describe('accounts', () => {
  it('are filled up with defaults, and keep fields and values of their own', async t => {
    const { get } = await start(t)
    const [first, second, third] = await get('account/list')
    const { timestamp, ...rest } = first
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000)
    assert.deepEqual(rest, {
      id: 7,
      name: 'DEMO7',
      userId: 1001,
      accountType: 'Customer',
      active: true,
      clearingHouseId: 2,
      riskCategoryId: 1,
      autoLiqProfileId: 1,
      marginAccountType: 'Speculator',
      legalStatus: 'Individual',
    })
    assert.deepEqual([second.userId, second.accountType, second.ownField], [555, 'Something', { kept: true }])
    assert.deepEqual([third.id, third.name], [500_001, 'Other'])
  })

  it('are those of the user who asks', async t => {
    assert.deepEqual(await (await start(t, USERS[1])).get('account/list'), [])
    const [only, ...more] = await (await start(t, USERS[2])).get('account/list')
    assert.deepEqual([only.name, more.length], ['SANDBOX500002', 0])
  })

  it('get ids that nobody has taken', async t => {
    const accounts = [{ id: 500_001 }, {}, { id: 500_003 }, {}]
    const sandbox = await startSandbox({ users: [{ name: 'n', password: 'p', accounts }] })
    t.after(() => sandbox.close())
    const body = JSON.stringify(sandbox.credentials)
    const login = await fetch(`${sandbox.baseUrl}/auth/accesstokenrequest`, { method: 'POST', body })
    const headers = { authorization: `Bearer ${(await login.json()).accessToken}` }
    const list = await (await fetch(`${sandbox.baseUrl}/account/list`, { headers })).json()
    assert.deepEqual(idsOf(list), [500_001, 500_002, 500_003, 500_004])
  })

  it('can be had by id', async t => {
    const { call, get } = await start(t)
    assert.equal((await get('account/item?id=8')).name, 'demo8')
    assert.deepEqual(await statusAndText(await call('account/item?id=9')), [404, ''])
    assert.deepEqual(await statusAndText(await call('account/item?id=500002')), [404, ''])
    assert.deepEqual(await statusAndText(await call('account/item')), [400, 'Missing or malformed parameter: id'])
  })

  it('can be had by up to ten ids; more answer 404 with an empty body', async t => {
    const { call, get } = await start(t)
    assert.deepEqual(idsOf(await get('account/items?ids=8,7,9')), [7, 8])
    const ten = '1,2,3,4,5,6,7,8,9,10'
    assert.deepEqual(idsOf(await get(`account/items?ids=${ten}`)), [7, 8])
    assert.deepEqual(await statusAndText(await call(`account/items?ids=${ten},11`)), [404, ''])
  })

  it('can be found by their whole name', async t => {
    const { call, get } = await start(t)
    assert.equal((await get('account/find?name=DEMO7')).id, 7)
    assert.deepEqual(await statusAndText(await call('account/find?name=DEMO')), [404, ''])
  })

  it('are suggested by a part of their name, so many at most', async t => {
    const { get } = await start(t)
    assert.deepEqual(idsOf(await get('account/suggest?t=Demo&l=10')), [7, 8])
    assert.deepEqual(idsOf(await get('account/suggest?t=demo&l=1')), [7])
    assert.deepEqual(await get('account/suggest?t=demo&l=0'), [])
    assert.deepEqual(await get('account/suggest?t=none&l=5'), [])
  })

  it('can be had by their owners', async t => {
    const { get } = await start(t)
    assert.deepEqual(idsOf(await get('account/deps?masterid=555')), [8])
    assert.deepEqual(await get('account/deps?masterid=1'), [])
    assert.deepEqual(idsOf(await get('account/ldeps?masterids=555,1001')), [7, 8, 500_001])
  })

  it('answer 400 to a parameter that is missing or malformed', async t => {
    const { call } = await start(t)
    const wrong = ['item', 'item?id=x', 'item?id=1,2', 'items', 'items?ids=1,', 'find', 'suggest?l=5', 'suggest?t=a']
    wrong.push('suggest?t=a&l=-1', 'deps', 'deps?masterid=1,2', 'ldeps?masterids=a')
    for (const path of wrong) assert.equal((await call(`account/${path}`)).status, 400, path)
  })
})

describe('a cash balance', () => {
  it('is told for an account of the user', async t => {
    const { post } = await start(t)
    const balance = await post('cashBalance/getcashbalancesnapshot', { accountId: 7 })
    assert.deepEqual([balance.totalCashValue, balance.netLiq, balance.openPnL], [50_000, 50_000, 0])
  })

  it('is an errorText for any other, and violations without one', async t => {
    const { post } = await start(t)
    const path = 'cashbalance/getCashBalanceSnapshot'
    assert.deepEqual(await post(path, { accountId: 1 }), { errorText: 'Account not found' })
    const { violations } = await post(path, {})
    assert.equal(violations[0].description, 'accountId is required')
  })
})

describe('calls that do not exist', () => {
  it('answer 404 with an empty body', async t => {
    const { call, sandbox } = await start(t)
    for (const path of ['report/list', 'account', 'account/list/', '', 'constructor', '__proto__']) {
      assert.deepEqual(await statusAndText(await call(path)), [404, ''], path)
    }
    const outside = await fetch(new URL('/account/list', sandbox.baseUrl))
    assert.deepEqual(await statusAndText(outside), [404, ''])
  })

  it('answer 405 and name the two methods that there are', async t => {
    const { call } = await start(t)
    for (const method of ['DELETE', 'PUT', 'OPTIONS']) {
      const answer = await call('account/list', { method })
      assert.deepEqual(await statusAndText(answer), [405, ''])
      assert.equal(answer.headers.get('allow'), 'GET, POST')
    }
  })

  it('answer HEAD /v1 and GET /v1/ with 404 and the time of the server', async t => {
    const { sandbox } = await start(t)
    for (const [method, path] of [
      ['HEAD', '/v1'],
      ['GET', '/v1/'],
    ]) {
      const answer = await fetch(new URL(path, sandbox.baseUrl), { method })
      assert.equal(answer.status, 404)
      assert.ok(Math.abs(Date.parse(answer.headers.get('date')) - Date.now()) < 60_000)
    }
  })

  it('answer in any spelling of a path that does exist', async t => {
    const { get } = await start(t)
    assert.equal((await get('Account/List')).length, 3)
  })

  it('need a token everywhere but at the login', async t => {
    const { sandbox } = await start(t)
    const accounts = ['list', 'item?id=7', 'items?ids=7', 'find?name=a', 'suggest?t=a&l=1', 'deps?masterid=1']
    const paths = accounts.map(path => ['GET', `account/${path}`])
    paths.push(['GET', 'account/ldeps?masterids=1'], ['GET', 'order/list'], ['GET', 'auth/me'])
    paths.push(['POST', 'order/placeorder'], ['POST', 'cashbalance/getcashbalancesnapshot'])
    for (const [method, path] of paths) {
      const answer = await fetch(`${sandbox.baseUrl}/${path}`, { method })
      assert.deepEqual(await statusAndText(answer), [401, 'Access is denied'], path)
    }
  })
})
