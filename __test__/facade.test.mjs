// What a Session does by itself, over a core that only does what the test says.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import errors from '../errors.js'
import {
  CREDENTIALS,
  errorJson,
  fakeCore,
  heldTimers,
  MINUTES,
  opened,
  openedWith,
  snapshotOf,
  turn,
  withCode,
} from './facade/core.mjs'
import { stateHome } from './own-state.mjs'

const { ConfigError, ProtocolError } = errors

test('opening hands the core the credentials and every setting, defaults included', async () => {
  const { core } = await opened()
  const { config, credentials, storeKey } = openedWith(core)
  assert.deepEqual(credentials, CREDENTIALS)
  assert.deepEqual(config, {
    environment: 'demo',
    baseUrl: null,
    timeoutMs: 30_000,
    renewBeforeMs: 15 * MINUTES,
    onEviction: 'login',
    maxLogins: { count: 3, withinMs: 10 * MINUTES },
    store: { type: 'file', path: join(stateHome, 'tradovate-session'), isRequired: false },
    asks: false,
    resume: false,
    keepWarm: true,
  })
  assert.equal(storeKey, undefined)
})

test('undefined is the same as what is left out, in options and credentials', async () => {
  const nothing = { ...CREDENTIALS, appId: undefined, appVersion: undefined, deviceId: undefined, cid: undefined }
  const names = [
    'baseUrl',
    'timeoutMs',
    'renewBeforeMs',
    'store',
    'onEviction',
    'maxLogins',
    'keepProcessAlive',
    'keepWarm',
    'signal',
  ]
  const options = { environment: 'demo', ...Object.fromEntries(names.map(name => [name, undefined])) }
  const [{ core: given, session: s }, { core: left }] = [await opened(options, nothing), await opened()]
  assert.deepEqual(openedWith(given), openedWith(left))
  const file = { type: 'file', path: undefined, key: undefined }
  const { core: inFile } = await opened({ environment: 'demo', store: file })
  assert.equal(openedWith(inFile).config.store.path, openedWith(left).config.store.path)
  const redis = { type: 'redis', url: 'redis://localhost', prefix: undefined, key: undefined }
  const { core: inRedis } = await opened({ environment: 'demo', store: redis })
  assert.equal(openedWith(inRedis).config.store.prefix, 'tradovate-session:')
  const call = { query: undefined, body: undefined, purpose: undefined, timeoutMs: undefined, signal: undefined }
  s.request('GET', 'order/list', call).catch(() => {})
  assert.deepEqual(given.of('request')[0].details, ['GET', 'order/list', '', null, null, 30_000])
  assert.equal((await s.getAccessToken({ timeoutMs: undefined, signal: undefined })).generation, 1)
})

test('a store that is asked for is the one that the core gets, its key in a copy and in no text', async () => {
  const key = new Uint8Array(32).fill(7)
  const { core } = await opened({ environment: 'demo', store: { type: 'file', path: 'state', key } })
  assert.deepEqual(openedWith(core).config.store, { type: 'file', path: resolve('state'), isRequired: true })
  key.fill(0)
  assert.deepEqual(openedWith(core).storeKey, new Uint8Array(32).fill(7))
  const { core: named } = await opened({ environment: 'demo', store: { type: 'file', key: Buffer.alloc(32, 9) } })
  assert.deepEqual(openedWith(named).config.store, {
    type: 'file',
    path: join(stateHome, 'tradovate-session'),
    isRequired: true,
  })
  assert.deepEqual(openedWith(named).storeKey, new Uint8Array(32).fill(9))
  const { core: memory } = await opened({ environment: 'demo', store: { type: 'memory' } })
  assert.deepEqual(openedWith(memory).config.store, { type: 'memory' })
  const url = 'REDISS://user:p%40ss@redis.example:1234/7?protocol=resp3'
  const { core: redis } = await opened({ environment: 'demo', store: { type: 'redis', url, key: Buffer.alloc(32, 9) } })
  assert.deepEqual(openedWith(redis).config.store, {
    type: 'redis',
    url,
    prefix: 'tradovate-session:',
    statePath: join(stateHome, 'tradovate-session'),
  })
  assert.deepEqual(openedWith(redis).storeKey, new Uint8Array(32).fill(9))
  const { core: prefixed } = await opened({ environment: 'demo', store: { type: 'redis', url, prefix: '' } })
  assert.equal(openedWith(prefixed).config.store.prefix, '')
})

test('an opening that fails throws why, and closes what it had begun', async () => {
  const core = fakeCore()
  const opening = core.Session.open(CREDENTIALS)
  await turn()
  core.settle('open', { error: errorJson('CAPTCHA', { needsPerson: true }) })
  await assert.rejects(opening, { name: 'PenaltyError', ...withCode('CAPTCHA'), needsPerson: true })
  assert.equal(core.of('close').length, 1)
  core.settle('close')
})

test('an opening that is aborted cancels, closes, and leaves no listener', { timeout: 5000 }, async () => {
  const core = fakeCore()
  const controller = new AbortController()
  const opening = core.Session.open(CREDENTIALS, { signal: controller.signal })
  const reason = new Error('enough')
  await turn()
  controller.abort(reason)
  await assert.rejects(opening, error => error === reason)
  assert.deepEqual(core.cancelled, [core.of('open')[0].id])
  assert.equal(core.of('close').length, 1)
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  core.settle('close')
})

test('a signal that is aborted already opens nothing and asks no function', { timeout: 5000 }, async () => {
  const core = fakeCore()
  let asked = 0
  const ask = () => {
    asked += 1
    return CREDENTIALS
  }
  for (const source of [CREDENTIALS, ask]) {
    await assert.rejects(core.Session.open(source, { signal: AbortSignal.abort('why') }), error => error === 'why')
  }
  assert.equal(asked, 0)
  assert.deepEqual(core.started, [])
})

test('only open and fromEnvironment make sessions', () => {
  const { Session } = fakeCore()
  assert.throws(() => new Session(), /Session\.open\(\)/)
})

test('request hands the core a checked path, an encoded query and the body as JSON, and parses the answer', async () => {
  const { core, session: s } = await opened()
  const options = {
    query: { 'a b': 'c&d', n: 1.5, yes: true, ids: [12, 3] },
    body: { x: [1] },
    purpose: 'replay',
    timeoutMs: 9,
  }
  const order = s.request('POST', '/order/placeOrder', options)
  const query = 'a%20b=c%26d&n=1.5&yes=true&ids=12%2C3'
  assert.deepEqual(core.of('request')[0].details, ['POST', 'order/placeOrder', query, '{"x":[1]}', 'replay', 9])
  core.settle('request', { text: '{"orderId":8}' })
  assert.deepEqual(await order, { orderId: 8 })

  const empty = s.request('GET', 'a/b')
  assert.deepEqual(core.of('request')[1].details, ['GET', 'a/b', '', null, null, 30_000])
  core.settle('request', { text: '' })
  assert.equal(await empty, undefined)
})

test('hosts and sockets follow what the core last told, and a frame has the token of its moment', async () => {
  const { core, session: s } = await opened()
  assert.equal(s.host('mdLive'), 'mdLive.example')
  const trading = s.webSocket('demo')
  const market = s.webSocket('mdDemo')
  assert.equal(trading.url, 'wss://demo.example/v1/websocket')
  core.snapshot = snapshotOf(2)
  core.wakeOwner()
  assert.equal(trading.authorize(3), 'authorize\n3\n\ncanary-token-2')
  assert.equal(market.authorize(0), 'authorize\n0\n\ncanary-md-2')
  core.snapshot = snapshotOf(3)
  delete core.snapshot.token.mdAccessToken
  core.wakeOwner()
  assert.equal(s.mdAccessToken, undefined)
  assert.throws(() => market.authorize(4), ProtocolError)
  assert.throws(() => trading.authorize('4'), ConfigError)
})

test('close is one call and one promise; afterwards every member says closed', async () => {
  const { core, session: s } = await opened()
  const dispose = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')
  const pending = s.request('GET', 'order/list')
  const closing = s.close()
  assert.equal(s.close(), closing)
  assert.equal(s[dispose](), closing)
  core.settle('request', { error: errorJson('CLOSED') })
  await assert.rejects(pending, withCode('CLOSED'))
  core.settle('close')
  assert.equal(await closing, undefined)
  assert.equal(core.of('close').length, 1)

  const sent = core.started.length
  const closed = { name: 'SessionError', ...withCode('CLOSED'), outcome: 'not-sent' }
  for (const call of [
    s.getAccessToken(),
    s.renew(),
    s.resume(),
    s.getAccounts(),
    s.getAccount(1),
    s.getAccountsById([]),
    s.findAccount('a'),
    s.suggestAccounts('a', 1),
    s.getAccountsOfUsers([1]),
    s.getCashBalance(1),
    s.request('GET', 'a/b'),
  ]) {
    await assert.rejects(call, closed)
  }
  for (const read of [() => s.accessToken, () => s.mdAccessToken, () => s.host('live'), () => s.webSocket('live')]) {
    assert.throws(read, error => error.code === closed.code && !('outcome' in error))
  }
  core.snapshot = snapshotOf(2)
  core.wakeOwner()
  assert.throws(() => s.accessToken, withCode('CLOSED'))
  assert.equal(s.status().state, 'closed')
  assert.equal(core.started.length, sent)
})

test('an idle session does not hold the process; with keepProcessAlive it does, until it is closed', async () => {
  const before = heldTimers()
  const idle = await opened()
  assert.equal(heldTimers(), before)
  const keeping = await opened({ keepProcessAlive: true })
  assert.equal(heldTimers(), before + 1)
  for (const { core, session: s } of [idle, keeping]) {
    const closing = s.close()
    core.settle('close')
    await closing
  }
  assert.equal(heldTimers(), before + 2, 'what is under way may end')
  for (const { core } of [idle, keeping]) core.settle('ended')
  assert.equal(heldTimers(), before)
})

test('status gives times as dates and a reason as an error', async () => {
  const { session: s } = await opened()
  const status = s.status()
  assert.deepEqual(status.expiresAt, new Date(1000))
  assert.equal('retryAt' in status, false)
  assert.equal(status.clockOffsetMs, 3)
})

test('a session that is printed or made JSON shows no secret', async () => {
  const { session: s } = await opened({ environment: 'demo' }, () => CREDENTIALS)
  const shown = [
    inspect(s),
    inspect(s, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
    inspect(s, { customInspect: false, showHidden: true, depth: Number.POSITIVE_INFINITY }),
    inspect({ nested: { s } }),
    JSON.stringify(s),
    JSON.stringify({ ...s }),
    String(s),
  ]
  for (const text of shown) assert.doesNotMatch(text, /canary/)
  assert.match(inspect(s), /^Session \{\s+state: 'active',\s+environment: 'demo',\s+generation: 1/)
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(s))), ['state', 'environment', 'generation', 'expiresAt'])
})
