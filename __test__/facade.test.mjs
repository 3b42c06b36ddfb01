// What a Session does by itself, over a core that only does what the test says.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import calls from '../lib/calls.js'
import errors from '../lib/errors.js'
import session from '../lib/session.js'
import { stateHome } from './own-state.mjs'

const { ConfigError, NetworkError, ProtocolError, SessionError } = errors
const CREDENTIALS = { name: 'n', password: 'canary-password', sec: 'canary-sec' }
const MINUTES = 60_000

function tokenOf(generation) {
  const [accessToken, mdAccessToken] = [`canary-token-${generation}`, `canary-md-${generation}`]
  return { accessToken, mdAccessToken, expirationTime: '2030-01-01T00:00Z', generation, userId: 5 }
}

function snapshotOf(generation) {
  const token = generation ? tokenOf(generation) : null
  const hosts = Object.fromEntries(
    ['live', 'demo', 'mdLive', 'mdDemo', 'replay', 'reportingLive', 'reportingDemo'].map(purpose => [
      purpose,
      { host: `${purpose}.example`, webSocketUrl: `wss://${purpose}.example/v1/websocket` },
    ]),
  )
  return { token, remainingMs: 80 * MINUTES, freshMs: 79 * MINUTES, hosts, lastError: null, events: [], asks: [] }
}

const cores = []

// A test that fails in the middle leaves calls that would hold this process; ids without a call are ignored.
after(() => {
  for (const core of cores) for (let id = 1; id <= 50; id += 1) core.settleId(id, null, null, 0)
})

// The core: `started` has the calls, `settle(name, …)` ends the oldest open one of that name, `snapshot` is what is next taken.
function fakeCore() {
  const core = { started: [], cancelled: [], answers: [], takes: 0, snapshot: snapshotOf(1) }
  class Bridge {
    constructor(settle) {
      core.settleId = settle
    }
    cancel(id) {
      core.cancelled.push(id)
    }
  }
  class SessionHandle {
    constructor(_bridge, news) {
      core.news = news
    }
    take() {
      core.takes += 1
      const text = JSON.stringify(core.snapshot)
      core.snapshot = { ...core.snapshot, events: [], asks: [] }
      return text
    }
    status() {
      const counts = { clockOffsetMs: 3, logins: 1, renewals: 0, adoptions: 0, failures: 0 }
      return JSON.stringify({ state: 'active', environment: 'demo', generation: 1, expiresAt: 1000, ...counts })
    }
    provide(ask, credentials) {
      core.answers.push(['provide', ask, JSON.parse(credentials)])
    }
    decline(ask, reason) {
      core.answers.push(['decline', ask, reason])
    }
  }
  for (const name of ['open', 'token', 'renew', 'request', 'close']) {
    SessionHandle.prototype[name] = (id, ...details) => core.started.push({ name, id, details })
  }
  core.of = name => core.started.filter(call => call.name === name)
  core.settle = (name, { text = null, error = null, generation = core.snapshot.token?.generation ?? 0 } = {}) => {
    const call = core.of(name).find(({ ended }) => !ended)
    call.ended = true
    core.settleId(call.id, text, error && JSON.stringify(error), generation)
  }
  cores.push(core)
  core.Session = session.sessionOver({ calls: new calls.Calls(Bridge), SessionHandle })
  return core
}

const turn = () => new Promise(resolve => setImmediate(resolve))

async function opened(options = { environment: 'demo' }, credentials = CREDENTIALS) {
  const core = fakeCore()
  const opening = core.Session.open(credentials, options)
  await turn()
  core.settle('open')
  return { core, session: await opening }
}

function openedWith(core) {
  const [config, credentials, storeKey] = core.of('open')[0].details
  return { config: JSON.parse(config), credentials: JSON.parse(credentials), storeKey }
}

const errorJson = (cause, rest = {}) => ({
  code: `ERR_TRADOVATE_${cause}`,
  message: cause,
  needsPerson: false,
  ...rest,
})
const withCode = cause => ({ code: `ERR_TRADOVATE_${cause}` })
const heldTimers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

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
  })
  assert.equal(storeKey, undefined)
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
  assert.deepEqual(openedWith(redis).config.store, { type: 'redis', url, prefix: 'tradovate-session:' })
  assert.deepEqual(openedWith(redis).storeKey, new Uint8Array(32).fill(9))
  const { core: prefixed } = await opened({ environment: 'demo', store: { type: 'redis', url, prefix: '' } })
  assert.deepEqual(openedWith(prefixed).config.store, { type: 'redis', url, prefix: '' })
})

test('an opening that fails throws why, and closes what it had begun', async () => {
  const core = fakeCore()
  const opening = core.Session.open(CREDENTIALS)
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

test('the token is read from a field, and a new generation is there before the call that led to it resolves', async () => {
  const { core, session: s } = await opened()
  const takes = core.takes
  assert.equal(s.accessToken, 'canary-token-1')
  assert.equal(s.mdAccessToken, 'canary-md-1')
  assert.equal(core.takes, takes)

  const renewal = s.renew().then(token => [token.generation, s.accessToken])
  core.snapshot = snapshotOf(2)
  core.settle('renew')
  assert.deepEqual(await renewal, [2, 'canary-token-2'])

  const request = s.request('GET', 'order/list').then(() => s.accessToken)
  core.snapshot = snapshotOf(3)
  core.settle('request', { text: '[]' })
  assert.equal(await request, 'canary-token-3')
})

test('a call of the same generation takes nothing, with a token or without', async () => {
  const { core, session: s } = await opened()
  const takesOf = async generation => {
    const takes = core.takes
    const request = s.request('GET', 'order/list')
    core.settle('request', { text: '[]', generation })
    await request
    return core.takes - takes
  }
  assert.equal(await takesOf(1), 0)
  core.snapshot = snapshotOf(0)
  assert.equal(await takesOf(2), 1)
  assert.equal(await takesOf(2), 0)
  const renewal = s.renew()
  assert.equal(core.of('renew')[0].details[0], 2)
  core.snapshot = snapshotOf(3)
  core.settle('renew')
  await renewal
})

test('a token that a failure cost is gone before the failed call rejects', async () => {
  const { core, session: s } = await opened()
  core.snapshot = { ...snapshotOf(0), lastError: errorJson('LOGIN_BUDGET') }
  const order = s.request('POST', 'order/placeorder')
  core.settle('request', { error: errorJson('UNAUTHORIZED', { status: 401 }), generation: 1 })
  await assert.rejects(order, withCode('UNAUTHORIZED'))
  assert.throws(() => s.accessToken, withCode('EXPIRED'))
  s.getAccessToken().catch(() => {})
  assert.equal(core.of('token').length, 1)
})

test('news is taken when it comes', async () => {
  const { core, session: s } = await opened()
  core.snapshot = snapshotOf(9)
  core.news()
  assert.equal(s.accessToken, 'canary-token-9')
})

for (const [clock, object] of [
  ['wall', Date],
  ['monotonic', performance],
]) {
  test(`a token whose end has passed by the ${clock} clock is never given`, async t => {
    const { core, session: s } = await opened()
    const real = object.now.bind(object)
    t.mock.method(object, 'now', () => real() + 80 * MINUTES)
    core.snapshot = { ...snapshotOf(1), remainingMs: -1, freshMs: -1, lastError: errorJson('HTTP', { status: 503 }) }
    for (const read of [() => s.accessToken, () => s.mdAccessToken, () => s.webSocket('demo').authorize(1)]) {
      assert.throws(read, error => {
        assert.ok(error instanceof SessionError)
        assert.equal(error.code, 'ERR_TRADOVATE_EXPIRED')
        assert.equal(error.cause.status, 503)
        return true
      })
    }
  })
}

test('a clock set forward does not cost a token that the core knows to be good', async t => {
  const { session: s } = await opened()
  const real = Date.now
  t.mock.method(Date, 'now', () => real() + 200 * MINUTES)
  assert.equal(s.accessToken, 'canary-token-1')
})

test('a contended session says so, and not that its token expired', async () => {
  const { core, session: s } = await opened()
  core.snapshot = { ...snapshotOf(0), lastError: errorJson('CONTENDED') }
  core.news()
  assert.throws(() => s.accessToken, { name: 'SessionError', ...withCode('CONTENDED') })
})

test('a fresh token is one promise of one frozen object, without a call', async () => {
  const { core, session: s } = await opened()
  const promise = s.getAccessToken()
  assert.equal(s.getAccessToken(), promise)
  const token = await promise
  assert.deepEqual(token, tokenOf(1))
  assert.ok(Object.isFrozen(token))
  assert.equal(await s.getAccessToken({ timeoutMs: 5 }), token)
  core.news()
  assert.equal(s.getAccessToken(), promise)
  await assert.rejects(s.getAccessToken({ signal: AbortSignal.abort('why') }), error => error === 'why')
  await assert.rejects(s.getAccessToken({ timeoutMs: 0 }), ConfigError)
  assert.deepEqual(core.of('token'), [])
})

test('a token that is about to end is waited for', async () => {
  const { core, session: s } = await opened()
  core.snapshot = { ...snapshotOf(1), remainingMs: 30_000, freshMs: -30_000 }
  core.news()
  assert.equal(s.accessToken, 'canary-token-1')
  const [usual, own] = [s.getAccessToken(), s.getAccessToken({ timeoutMs: 7 })]
  await turn()
  assert.deepEqual(
    core.of('token').map(({ details }) => details),
    [[30_000], [7]],
  )
  core.snapshot = snapshotOf(2)
  core.settle('token')
  core.settle('token')
  assert.equal((await usual).generation, 2)
  assert.equal(await own, await usual)
})

test('renew: callers without options share one call, those with options have their own, all against one generation', async () => {
  const { core, session: s } = await opened()
  const shared = [s.renew(), s.renew(), s.renew({})]
  await turn()
  shared.push(s.renew())
  const own = [s.renew({ timeoutMs: 5 }), s.renew({ signal: new AbortController().signal })]
  assert.deepEqual(
    core.of('renew').map(({ details }) => details),
    [
      [1, 30_000],
      [1, 5],
      [1, 30_000],
    ],
  )
  core.snapshot = snapshotOf(2)
  for (let index = 0; index < 3; index += 1) core.settle('renew')
  for (const token of await Promise.all([...shared, ...own])) assert.equal(token.generation, 2)

  const failing = s.renew()
  core.settle('renew', { error: errorJson('QUOTA', { retryAt: 5000 }) })
  await assert.rejects(failing, { name: 'PenaltyError', ...withCode('QUOTA'), retryAt: new Date(5000) })
  const again = s.renew()
  assert.deepEqual(core.of('renew').at(-1).details, [2, 30_000])
  core.settle('renew')
  await again
})

test('request hands the core a checked path, an encoded query and the body as JSON, and parses the answer', async () => {
  const { core, session: s } = await opened()
  const options = { query: { 'a b': 'c&d', n: 1.5, yes: true }, body: { x: [1] }, purpose: 'replay', timeoutMs: 9 }
  const order = s.request('POST', '/order/placeOrder', options)
  const query = 'a%20b=c%26d&n=1.5&yes=true'
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
  core.news()
  assert.equal(trading.authorize(3), 'authorize\n3\n\ncanary-token-2')
  assert.equal(market.authorize(0), 'authorize\n0\n\ncanary-md-2')
  core.snapshot = snapshotOf(3)
  delete core.snapshot.token.mdAccessToken
  core.news()
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
  const closed = { name: 'SessionError', ...withCode('CLOSED') }
  for (const call of [
    s.getAccessToken(),
    s.renew(),
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
    assert.throws(read, closed)
  }
  core.snapshot = snapshotOf(2)
  core.news()
  assert.throws(() => s.accessToken, closed)
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

test('a credentials function is asked when opening and again whenever the core asks', async () => {
  let asked = 0
  const ask = async () => {
    asked += 1
    return { name: 'n', password: `p${asked}` }
  }
  const before = heldTimers()
  const { signal } = new AbortController()
  const { core } = await opened({ signal }, ask)
  assert.equal(heldTimers(), before)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  const { config, credentials } = openedWith(core)
  assert.equal(config.asks, true)
  assert.deepEqual(credentials, { name: 'n', password: 'p1' })
  core.snapshot = { ...snapshotOf(1), asks: [41] }
  core.news()
  await turn()
  assert.deepEqual(core.answers, [['provide', 41, { name: 'n', password: 'p2' }]])
})

test('what the function throws at opening reaches the opener unchanged, and nothing is begun', async () => {
  const core = fakeCore()
  for (const failure of [new Error('no secret manager'), 'a string', undefined]) {
    const ask = () => {
      throw failure
    }
    const outcome = await core.Session.open(ask).catch(error => ({ error }))
    assert.equal(outcome.error, failure)
  }
  await assert.rejects(
    core.Session.open(() => ({ name: 'n' })),
    { name: 'ConfigError', message: /^credentials\.password / },
  )
  assert.deepEqual(core.started, [])
})

test('what it throws later reaches the caller who waited unchanged, and is the cause in a warning', async () => {
  const failure = new Error('no secret manager')
  let fail = false
  const { core, session: s } = await opened({}, () => {
    if (fail) throw failure
    return CREDENTIALS
  })
  const warnings = []
  s.on('warning', error => warnings.push(error))
  fail = true
  core.snapshot = { ...snapshotOf(0), asks: [1] }
  core.news()
  await turn()
  const [[how, ask, reason]] = core.answers
  assert.deepEqual([how, ask], ['decline', 1])

  const cause = errorJson('CONFIG', { thrown: reason })
  const error = errorJson('EXPIRED', { cause })
  core.snapshot = { ...snapshotOf(0), lastError: cause, events: [{ type: 'warning', error: cause }] }
  const waiting = s.getAccessToken()
  await turn()
  core.settle('token', { error })
  await assert.rejects(waiting, thrown => thrown === failure)
  core.news()
  await turn()
  assert.equal(warnings[0].cause, failure)
  assert.throws(() => s.accessToken, { ...withCode('EXPIRED') })
})

test('an ask that is answered after close is dropped', async () => {
  let answer
  let first = true
  const { core, session: s } = await opened({}, () => {
    if (first) {
      first = false
      return CREDENTIALS
    }
    return new Promise(resolve => {
      answer = resolve
    })
  })
  core.snapshot = { ...snapshotOf(1), asks: [1] }
  core.news()
  const closing = s.close()
  core.settle('close')
  await closing
  answer(CREDENTIALS)
  await turn()
  assert.deepEqual(core.answers, [])
})

test('an abort while the function is pending rejects at once', { timeout: 5000 }, async () => {
  const core = fakeCore()
  const controller = new AbortController()
  const opening = core.Session.open(() => new Promise(() => {}), { signal: controller.signal })
  controller.abort('why')
  await assert.rejects(opening, error => error === 'why')
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)

  const itself = new AbortController()
  const abort = () => {
    itself.abort('itself')
    return Promise.reject(new Error('unheard'))
  }
  await assert.rejects(core.Session.open(abort, { signal: itself.signal }), error => error === 'itself')
  assert.deepEqual(core.started, [])
})

test('timeoutMs counts over the function and the opening together', { timeout: 5000 }, async () => {
  const before = heldTimers()
  const core = fakeCore()
  const slow = core.Session.open(() => new Promise(() => {}), { timeoutMs: 20 })
  await assert.rejects(slow, error => error instanceof NetworkError && error.code === 'ERR_TRADOVATE_TIMEOUT')
  assert.deepEqual(core.started, [])

  const hanging = core.Session.open(() => CREDENTIALS, { timeoutMs: 20 })
  await assert.rejects(hanging, withCode('TIMEOUT'))
  assert.equal(core.cancelled.length, 1)
  core.settle('close')
  assert.equal(heldTimers(), before)
})
