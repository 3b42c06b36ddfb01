// What cannot be, and reaches the binding all the same, is an error there: never live, a GET, or another default.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import binding from '../lib/binding.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const { calls, SessionHandle } = binding
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
    for (const name of ['getAccounts', 'renewAccessToken']) {
      const send = id => calls.bridge[name](id, 'token', environment, sandbox.baseUrl, 5000)
      await assertRefused(() => outcomeOf(send), /^environment must be/)
    }
    const config = JSON.stringify(configOf({ environment }))
    const identity = JSON.stringify({ name: 'n', password: '' })
    await assertRefused(() => outcomeOf(id => calls.bridge.storedStatus(id, config, identity)), /^environment must be/)
    const options = JSON.stringify({
      address: { socketPath: '/nowhere' },
      environment,
      userId: null,
      timeoutMs: 1,
      keepWarm: false,
    })
    await assertRefused(() => outcomeOf(id => newHandle().connect(id, options)), /^options cannot be read/)
  }
})

test('what answers an eviction', async () => {
  for (const onEviction of ['', 'Stop', 'stop ', 'fight']) {
    await assertRefused(() => open(newHandle(), { onEviction }), /^onEviction must be/)
  }
})

test('a store', async () => {
  for (const store of [{}, { type: 'sql' }, { type: 'File' }, { type: 'redis' }]) {
    await assertRefused(() => open(newHandle(), { store }), /^options cannot be read/)
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
