// The account endpoints: what is sent for each, long lists of ids in parts, and answers of the wrong shape.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import accounts from '../lib/accounts.js'
import errors from '../lib/errors.js'

const { NetworkError, ProtocolError } = errors
const TIMEOUT_MS = 5000

// Accounts whose calls are answered by `answer(call, wait)`, a text or a promise of one.
function accountsAnswering(answer) {
  const sent = []
  const send = async (call, wait) => {
    sent.push({ ...call, wait })
    return answer(call, wait)
  }
  return { sent, accounts: new accounts.Accounts(send, TIMEOUT_MS) }
}

const paths = sent => sent.map(({ method, path, query, body }) => [method, `${path}?${query}`, body])
const range = count => Array.from({ length: count }, (_, index) => index + 1)
const rejectsWhenAborted = (_, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

test('each method sends its endpoint with its parameters encoded', async () => {
  const { sent, accounts: a } = accountsAnswering(({ path }) =>
    /item$|find|cash/.test(path) ? '{"id":1}' : '[{"id":1}]',
  )
  assert.deepEqual(await a.getAccounts(), [{ id: 1 }])
  assert.deepEqual(await a.getAccount(7), { id: 1 })
  assert.deepEqual(await a.getAccountsById([7, 8, 7]), [{ id: 1 }])
  assert.deepEqual(await a.findAccount('A&B ü'), { id: 1 })
  assert.deepEqual(await a.suggestAccounts('A?', 5), [{ id: 1 }])
  assert.deepEqual(await a.getAccountsOfUsers([9, 9]), [{ id: 1 }])
  assert.deepEqual(await a.getAccountsOfUsers([9, 10]), [{ id: 1 }])
  assert.deepEqual(await a.getCashBalance(7), { id: 1 })
  assert.deepEqual(paths(sent), [
    ['GET', 'account/list?', null],
    ['GET', 'account/item?id=7', null],
    ['GET', 'account/items?ids=7,8', null],
    ['GET', 'account/find?name=A%26B%20%C3%BC', null],
    ['GET', 'account/suggest?t=A%3F&l=5', null],
    ['GET', 'account/deps?masterid=9', null],
    ['GET', 'account/ldeps?masterids=9,10', null],
    ['POST', 'cashBalance/getcashbalancesnapshot?', '{"accountId":7}'],
  ])
})

test('the caller waits as long as he says, else as long as the session does', async () => {
  const { sent, accounts: a } = accountsAnswering(() => '[]')
  const { signal } = new AbortController()
  await a.getAccounts()
  await a.getAccounts({ timeoutMs: 7, signal })
  assert.deepEqual(
    sent.map(({ wait }) => wait),
    [
      { timeoutMs: TIMEOUT_MS, signal: undefined },
      { timeoutMs: 7, signal },
    ],
  )
})

test('no ids: an empty list without a call, unless the signal is aborted', async () => {
  const { sent, accounts: a } = accountsAnswering(() => '[]')
  assert.deepEqual(await a.getAccountsById([]), [])
  assert.deepEqual(await a.getAccountsOfUsers([]), [])
  await assert.rejects(a.getAccountsById([], { signal: AbortSignal.abort('why') }), error => error === 'why')
  assert.deepEqual(sent, [])
})

test('105 ids: eleven calls of ten ids, never more than four at once, answers in the order of the ids', async () => {
  let running = 0
  let most = 0
  const { sent, accounts: a } = accountsAnswering(async ({ query }) => {
    running += 1
    most = Math.max(most, running)
    const ids = query.slice('ids='.length).split(',')
    // The later parts are quicker.
    await new Promise(resolve => setTimeout(resolve, 20 - Number(ids[0]) / 10))
    running -= 1
    return JSON.stringify(ids.map(id => ({ id: Number(id) })))
  })
  const found = await a.getAccountsById(range(105))
  assert.deepEqual(
    found.map(({ id }) => id),
    range(105),
  )
  assert.equal(sent.length, 11)
  assert.ok(sent.every(({ query }) => query.split(',').length <= 10))
  assert.equal(most, 4)
})

test('a part that fails rejects at once, drops the other parts and starts no more', async () => {
  const failure = new ProtocolError('no')
  const dropped = []
  const { sent, accounts: a } = accountsAnswering((call, wait) => {
    if (call.query.startsWith('ids=11,')) throw failure
    return rejectsWhenAborted(call, wait).catch(error => {
      dropped.push(error)
      throw error
    })
  })
  await assert.rejects(a.getAccountsById(range(100)), error => error === failure)
  assert.equal(sent.length, 4)
  assert.deepEqual(dropped, [failure, failure, failure])
})

test('the parts share one deadline', async () => {
  const { sent, accounts: a } = accountsAnswering(rejectsWhenAborted)
  await assert.rejects(a.getAccountsById(range(100), { timeoutMs: 30 }), error => {
    assert.ok(error instanceof NetworkError)
    assert.equal(error.code, 'ERR_TRADOVATE_TIMEOUT')
    return true
  })
  assert.equal(sent.length, 4)
})

test('an abort reaches every part, and no listener stays', async () => {
  const { accounts: a } = accountsAnswering(rejectsWhenAborted)
  const controller = new AbortController()
  const reason = new Error('enough')
  const call = a.getAccountsById(range(20), { signal: controller.signal })
  controller.abort(reason)
  await assert.rejects(call, error => error === reason)
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)

  const quiet = new AbortController()
  const { accounts: b } = accountsAnswering(() => '[]')
  await b.getAccountsById(range(20), { signal: quiet.signal })
  assert.equal(getEventListeners(quiet.signal, 'abort').length, 0)
})

test('an account that is not found is undefined, however Tradovate says so', async () => {
  for (const text of ['', 'null']) {
    assert.equal(await accountsAnswering(() => text).accounts.findAccount('A'), undefined)
  }
  const notFound = new ProtocolError('404', { code: 'ERR_TRADOVATE_NOT_FOUND', status: 404 })
  const missing = accountsAnswering(() => Promise.reject(notFound))
  assert.equal(await missing.accounts.findAccount('A'), undefined)
  await assert.rejects(missing.accounts.getAccount(1), error => error === notFound)
  const refused = new ProtocolError('no', { code: 'ERR_TRADOVATE_REJECTED' })
  const failing = accountsAnswering(() => Promise.reject(refused))
  await assert.rejects(failing.accounts.findAccount('A'), error => error === refused)
})

test('an answer of another shape is a ProtocolError that names the endpoint and the kind', async () => {
  const list = accountsAnswering(() => '[]').accounts
  const object = accountsAnswering(() => '{}').accounts
  const nothing = accountsAnswering(() => '').accounts
  const cases = [
    [() => object.getAccounts(), 'account/list answered an object instead of a list'],
    [() => object.getAccountsById([1]), 'account/items answered an object instead of a list'],
    [() => object.suggestAccounts('a', 1), 'account/suggest answered an object instead of a list'],
    [() => object.getAccountsOfUsers([1]), 'account/deps answered an object instead of a list'],
    [() => object.getAccountsOfUsers([1, 2]), 'account/ldeps answered an object instead of a list'],
    [() => list.getAccount(1), 'account/item answered a list instead of an object'],
    [() => list.findAccount('a'), 'account/find answered a list instead of an object'],
    [() => nothing.getAccount(1), 'account/item answered nothing instead of an object'],
    [() => nothing.getCashBalance(1), 'cashBalance/getcashbalancesnapshot answered nothing instead of an object'],
  ]
  for (const [call, message] of cases) await assert.rejects(call(), { name: 'ProtocolError', message })
})
