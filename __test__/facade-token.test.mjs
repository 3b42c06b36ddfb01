// The token as a session has it: read from a field, waited for, renewed; over a core that only does what the test says.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import errors from '../errors.js'
import { errorJson, MINUTES, opened, snapshotOf, tokenOf, turn, withCode } from './facade/core.mjs'
import './own-state.mjs'

const { ConfigError, SessionError } = errors

test('the token is read from a field, and a new generation is there before the call that led to it resolves', async () => {
  const { core, session: s } = await opened()
  const takes = core.snapshots
  assert.equal(s.accessToken, 'canary-token-1')
  assert.equal(s.mdAccessToken, 'canary-md-1')
  assert.equal(core.snapshots, takes)

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
    const takes = core.snapshots
    const request = s.request('GET', 'order/list')
    core.settle('request', { text: '[]', generation })
    await request
    return core.snapshots - takes
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
  core.snapshot = { ...snapshotOf(0), lack: errorJson('EXPIRED', { cause: errorJson('LOGIN_BUDGET') }) }
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
  core.wakeOwner()
  assert.equal(s.accessToken, 'canary-token-9')
})

test('promise 22: while the thread hears nothing, every read looks whether the core counts a change', async () => {
  const { core, session: s } = await opened()
  const reads = [
    () => s.accessToken,
    () => s.mdAccessToken.replace('-md-', '-token-'),
    () => s.webSocket('demo').authorize(1).split('\n').at(-1),
  ]
  let generation = 1
  for (const read of reads) {
    generation += 1
    core.snapshot = snapshotOf(generation)
    core.changes[0] += 1
    assert.equal(read(), `canary-token-${generation}`)
  }
  core.snapshot = snapshotOf(7)
  core.changes[0] += 1
  assert.equal((await s.getAccessToken()).generation, 7)
  core.snapshot = { ...snapshotOf(0), lack: errorJson('EVICTED') }
  core.changes[0] += 1
  assert.throws(() => s.accessToken, withCode('EVICTED'))
  const takes = core.snapshots
  core.snapshot = snapshotOf(8)
  core.changes[0] += 1
  for (let i = 0; i < 1000; i += 1) assert.equal(s.accessToken, 'canary-token-8')
  assert.equal(core.snapshots, takes + 1)
  core.changes[0] = 2 ** 32 - 1
  assert.equal(s.accessToken, 'canary-token-8')
  core.snapshot = snapshotOf(9)
  core.changes[0] += 1
  assert.equal(core.changes[0], 0, 'the count wraps around')
  assert.equal(s.accessToken, 'canary-token-9')
})

test('promise 22: what is read after a status is not older than it, and events wait for their turn', async () => {
  const { core, session: s } = await opened()
  await turn()
  const heard = []
  s.on('token', ({ generation }) => heard.push(generation))
  // The core shows a change before it counts it.
  core.snapshot = { ...snapshotOf(2), events: [{ type: 'token', how: 'renewal', token: tokenOf(2) }] }
  s.status()
  assert.equal(s.accessToken, 'canary-token-2')
  core.snapshot = { ...snapshotOf(3), events: [{ type: 'token', how: 'renewal', token: tokenOf(3) }] }
  core.changes[0] += 1
  assert.equal(s.accessToken, 'canary-token-3')
  assert.deepEqual(heard, [])
  await turn()
  assert.deepEqual(heard, [2, 3])
})

for (const [clock, object] of [
  ['wall', Date],
  ['monotonic', performance],
]) {
  test(`a token whose end has passed by the ${clock} clock is never given`, async t => {
    const { core, session: s } = await opened()
    const real = object.now.bind(object)
    t.mock.method(object, 'now', () => real() + 80 * MINUTES)
    const lack = errorJson('EXPIRED', { cause: errorJson('HTTP', { status: 503 }) })
    core.snapshot = { ...snapshotOf(0), lack }
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
  core.snapshot = { ...snapshotOf(0), lack: errorJson('CONTENDED') }
  core.wakeOwner()
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
  core.wakeOwner()
  assert.equal(s.getAccessToken(), promise)
  await assert.rejects(s.getAccessToken({ signal: AbortSignal.abort('why') }), error => error === 'why')
  await assert.rejects(s.getAccessToken({ timeoutMs: 0 }), ConfigError)
  assert.deepEqual(core.of('token'), [])
})

test('a token that is about to end is waited for', async () => {
  const { core, session: s } = await opened()
  core.snapshot = { ...snapshotOf(1), remainingMs: 30_000, freshMs: -30_000 }
  core.wakeOwner()
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
