// What cannot be, and reaches the binding all the same, is an error there: never live, a GET, or another default.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import binding from '../lib/binding.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const { calls, ServiceHandle, SessionHandle } = binding
const ODD = ['', 'paper', 'LIVE', 'Live', 'live ', ' demo', '__proto__', 'null']

let sandbox
before(async () => {
  sandbox = await startSandbox()
})
after(() => sandbox.close())

const configOf = more => ({
  environment: 'demo',
  baseUrl: sandbox.baseUrl,
  timeoutMs: 5000,
  renewBeforeMs: 900_000,
  keepWarm: false,
  onEviction: 'login',
  maxLogins: { count: 3, withinMs: 600_000 },
  store: { type: 'memory' },
  asks: false,
  resume: false,
  ...more,
})

async function outcomeOf(send) {
  const { error } = await calls.start(send)
  return error ? JSON.parse(error) : undefined
}

const newHandle = () => new SessionHandle(calls.bridge, 0)

function open(handle, more) {
  const [config, credentials] = [configOf(more), sandbox.credentials].map(each => JSON.stringify(each))
  return outcomeOf(id => handle.open(id, config, credentials))
}

const FUNCTIONS = [
  ['getAccessToken', '{"name":"n","password":"p"}'],
  ['renewAccessToken', 'token'],
  ['getAccounts', 'token'],
]

function one(name, what, more) {
  const options = { environment: 'demo', baseUrl: sandbox.baseUrl, timeoutMs: 5000, ...more }
  return outcomeOf(id => calls.bridge[name](id, what, JSON.stringify(options)))
}

function look(more) {
  const config = { environment: 'demo', baseUrl: sandbox.baseUrl, store: { type: 'memory' }, ...more }
  const identity = JSON.stringify({ name: 'n', password: '' })
  return outcomeOf(id => calls.bridge.storedStatus(id, JSON.stringify(config), identity))
}

function connect(more) {
  const options = { address: { socketPath: '/nowhere' }, environment: 'demo', userId: null, timeoutMs: 1, ...more }
  return outcomeOf(id => newHandle().connect(id, JSON.stringify(options)))
}

const bind = options => outcomeOf(id => new ServiceHandle(calls.bridge).bind(id, JSON.stringify(options)))

async function assertRefused(send, message) {
  const before = sandbox.counts.calls
  const error = await send()
  assert.equal(error?.code, 'ERR_TRADOVATE_CONFIG')
  if (message) assert.match(error.message, message)
  assert.equal(sandbox.counts.calls, before)
}

test('an environment', async () => {
  for (const environment of ODD) {
    await assertRefused(() => open(newHandle(), { environment }), /^environment must be/)
    for (const [name, what] of FUNCTIONS) {
      await assertRefused(() => one(name, what, { environment }), /^environment must be/)
    }
    await assertRefused(() => look({ environment }), /^environment must be/)
    await assertRefused(() => connect({ environment }), /^options cannot be read/)
  }
})

test('what answers an eviction', async () => {
  for (const onEviction of ['', 'Stop', 'stop ', 'fight']) {
    await assertRefused(() => open(newHandle(), { onEviction }), /^onEviction must be/)
  }
})

test('a store', async () => {
  const file = { type: 'file', path: '/nowhere', isRequired: true }
  for (const store of [
    {},
    { type: 'sql' },
    { type: 'File' },
    { type: 'redis' },
    { ...file, folder: 1 },
    { ...file, prefix: 'p' },
    { type: 'memory', path: '/nowhere' },
  ]) {
    await assertRefused(() => open(newHandle(), { store }), /^options cannot be read/)
  }
})

test('an option of another name, or one that is not there', async () => {
  const socket = { socketPath: '/nowhere/token.sock' }
  for (const options of [{ timeout: 1 }, { timeoutMs: undefined }, { timeoutMs: -1 }, { environment: 1 }]) {
    for (const [name, what] of FUNCTIONS) await assertRefused(() => one(name, what, options), /^options cannot be read/)
  }
  for (const options of [{ renewBefore: 1 }, { asks: undefined }, { resume: undefined }, { maxLogins: { count: 1 } }]) {
    await assertRefused(() => open(newHandle(), options), /^options cannot be read/)
  }
  await assertRefused(() => look({ path: '/nowhere' }), /^options cannot be read/)
  await assertRefused(() => connect({ user: 1 }), /^options cannot be read/)
  for (const options of [{}, { address: {} }, { address: socket, metrics: 1 }, { address: socket, metricsPort: -1 }]) {
    await assertRefused(() => bind(options), /^options cannot be read/)
  }
})

test('a question about accounts', async () => {
  const handle = newHandle()
  assert.equal(await open(handle, {}), undefined)
  const ask = question => outcomeOf(id => handle.accounts(id, JSON.stringify(question), 5000))
  for (const question of [{}, { call: 'all' }, { call: 'List' }, { call: 'item' }, { call: 'item', id: 'x' }]) {
    await assertRefused(() => ask(question), /^the question about accounts cannot be read/)
  }
  assert.equal(await ask({ call: 'list' }), undefined)
  await calls.start(id => handle.close(id))
})

test('a level of the log', () => {
  for (const level of ['', 'all', 'Info', 'off', '3']) {
    assert.throws(() => calls.bridge.log(level, () => {}), /no such level/)
  }
})

test('a verb, and the purpose of a host', async () => {
  const handle = newHandle()
  assert.equal(await open(handle, {}), undefined)
  const request = (verb, purpose) => {
    return outcomeOf(id => handle.request(id, verb, 'order/list', '', null, purpose, 5000))
  }
  for (const verb of ['', 'PUT', 'get', 'post', 'POST '])
    await assertRefused(() => request(verb, null), /^method must be/)
  for (const purpose of [...ODD, 'mdlive']) {
    await assertRefused(() => request('GET', purpose), /no such purpose/)
    assert.throws(() => handle.host(purpose), /no such purpose/)
  }
  assert.equal(await request('GET', null), undefined)
  assert.equal(await request('GET', 'demo'), undefined)
  await calls.start(id => handle.close(id))
})
