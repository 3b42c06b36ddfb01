// Every endpoint of the sandbox takes GET and POST, with its parameters in the query or in the body, and answers as the wire does.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { caller, loggedIn, login, start } from './sandbox/client.mjs'

const USERS = [{ name: 'trader', password: 'p', accounts: [{ id: 7, name: 'DEMO7' }, { id: 8 }] }]

describe('both methods', () => {
  it('renew a token, a POST without a body too', async t => {
    const sandbox = await start(t)
    const { call } = await loggedIn(sandbox)
    for (const init of [{ method: 'GET' }, { method: 'POST' }, { method: 'POST', body: '{}' }]) {
      assert.ok((await (await call('auth/renewaccesstoken', init)).json()).accessToken)
    }
    assert.equal(sandbox.counts.renewals, 3)
  })

  it('log in', async t => {
    const sandbox = await start(t)
    const query = new URLSearchParams(sandbox.credentials)
    const answer = await fetch(`${sandbox.baseUrl}/auth/accesstokenrequest?${query}`)
    assert.ok((await answer.json()).accessToken)
    assert.equal(sandbox.log[0].user, sandbox.credentials.name)
  })

  it('ask for a cash balance', async t => {
    const { get, post } = await loggedIn(await start(t, { users: USERS }))
    const path = 'cashBalance/getcashbalancesnapshot'
    assert.deepEqual(await get(`${path}?accountId=7`), await post(path, { accountId: 7 }))
    assert.equal((await get(`${path}?accountId=x`)).violations[0].constraint, 'Type')
  })

  it('find accounts, by a body with a number, a list or a text', async t => {
    const { post } = await loggedIn(await start(t, { users: USERS }))
    assert.equal((await post('account/item', { id: 8 })).id, 8)
    for (const ids of [[7, 8], '7,8']) assert.equal((await post('account/items', { ids })).length, 2)
    assert.equal((await post('account/find', { name: 'DEMO7' })).id, 7)
    assert.equal((await post('account/list', {})).length, 2)
  })

  it('place an order', async t => {
    const { get } = await loggedIn(await start(t, { users: USERS }))
    const { orderId } = await get('order/placeorder?accountId=7&action=Buy&symbol=MESZ6&orderQty=1&orderType=Market')
    assert.deepEqual((await get('orderversion/list'))[0].orderQty, 1)
    assert.equal((await get('order/list'))[0].id, orderId)
  })

  it('refuse a parameter that is an object, and go on', async t => {
    const { call } = await loggedIn(await start(t, { users: USERS }))
    for (const id of [{ toString: 1 }, [{ toString: 1 }], null, true]) {
      const answer = await call('account/item', { method: 'POST', body: JSON.stringify({ id }) })
      assert.deepEqual([answer.status, await answer.text()], [400, 'Missing or malformed parameter: id'])
    }
  })
})

describe('a ticket', () => {
  it('goes with a GET in the query, with a POST in the body, and counts nowhere else', async t => {
    let now = Date.now()
    const sandbox = await start(t, { now: () => now })
    const { get, post } = await loggedIn(sandbox)
    const penalised = async (method, path) => {
      sandbox.inject({ endpoint: 'position/list', penalty: { seconds: 2 } })
      const penalty = method === 'GET' ? await get(path) : await post(path, {})
      now += 2_000
      return penalty['p-ticket']
    }
    const ticket = await penalised('GET', 'position/list')
    assert.deepEqual(await get(`position/list?p-ticket=${ticket}`), [])
    const another = await penalised('POST', 'position/list')
    assert.deepEqual(await post('position/list', { 'p-ticket': another }), [])
    const sentWrong = await penalised('POST', 'position/list')
    await post(`position/list?p-ticket=${sentWrong}`, {})
    const withTicket = sandbox.log.map(call => call.withTicket)
    assert.deepEqual(withTicket, [undefined, undefined, true, undefined, true, undefined, undefined])
  })

  it('is given to each of twenty callers that a penalty meets at once', async t => {
    const sandbox = await start(t)
    const { get } = await loggedIn(sandbox)
    sandbox.inject({ endpoint: 'position/list', penalty: { seconds: 2 }, times: 20 })
    const penalties = await Promise.all(Array.from({ length: 20 }, () => get('position/list')))
    const tickets = new Set(penalties.map(penalty => penalty['p-ticket']))
    assert.deepEqual([tickets.size, sandbox.counts.penalties], [20, 20])
    for (const penalty of penalties) assert.equal(penalty['p-time'], 2)
  })
})

describe('every answer', () => {
  it('has the headers for browsers, and JSON is declared without a charset', async t => {
    const sandbox = await start(t)
    const { accessToken } = await login(sandbox)
    const { call } = caller(sandbox, accessToken)
    sandbox.inject({ endpoint: 'order/list', status: 429, headers: { 'Retry-After': '2' } })
    const paths = ['account/list', 'account/item', 'nothing/here', 'order/list']
    const answers = await Promise.all(paths.map(path => call(path)))
    for (const { headers } of answers) {
      assert.equal(headers.get('access-control-allow-origin'), '*')
      assert.equal(headers.get('access-control-allow-credentials'), 'true')
    }
    assert.equal(answers[0].headers.get('content-type'), 'application/json')
    assert.deepEqual([answers[3].status, answers[3].headers.get('retry-after')], [429, '2'])
  })
})
