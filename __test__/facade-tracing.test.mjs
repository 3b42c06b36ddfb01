// Traces over a core that only does what the test says: nothing is made while nobody listens, and what the core tells is believed.

import assert from 'node:assert/strict'
import { tracingChannel } from 'node:diagnostics_channel'
import { mock, test } from 'node:test'
import { errorJson, opened, snapshotOf, turn } from './facade/core.mjs'
import { callers, Traces } from './tracing/traces.mjs'

const NOTES = {
  attempts: 2,
  url: 'https://demo.tradovateapi.com/v1',
  status: 200,
  requestMs: 7.5,
  generation: 1,
}
const BEGUN = {
  type: 'callBegun',
  operation: 'renewal',
  environment: 'demo',
  url: 'https://demo.tradovateapi.com/v1',
  startedAt: 5000,
}
const ENDED = { type: 'callEnded', operation: 'renewal', notes: NOTES, durationMs: 8.5, userId: 5, error: null }

/** A core that can trace: `traced` has the numbers of the calls that it traces. */
async function openedTraced() {
  const { core, session } = await opened()
  core.traced = []
  core.bridge.trace = id => core.traced.push(id)
  core.bridge.traced = id => (core.traced.includes(id) ? JSON.stringify(NOTES) : null)
  const tell = async (...events) => {
    core.snapshot = { ...snapshotOf(1), events }
    core.wakeOwner()
    await turn()
  }
  return { core, session, tell }
}

/** How often a tracing channel was given a call. */
async function countTraces(during) {
  const prototype = Object.getPrototypeOf(tracingChannel('tradovate-session:request'))
  const spy = mock.method(prototype, 'tracePromise')
  try {
    await during()
    return spy.mock.callCount()
  } finally {
    spy.mock.restore()
  }
}

async function callAndRenew({ core, session, tell }) {
  const call = session.request('GET', 'order/list')
  core.settle('request', { text: '[]' })
  assert.deepEqual(await call, [])
  await tell(BEGUN, ENDED)
}

test('without a subscriber nothing is traced, in the core neither; with one a call and a renewal are', async () => {
  const world = await openedTraced()
  assert.equal(await countTraces(() => callAndRenew(world)), 0)
  assert.deepEqual(world.core.traced, [])
  const traces = new Traces()
  try {
    assert.equal(await countTraces(() => callAndRenew(world)), 2)
  } finally {
    traces.stop()
  }
  assert.equal(world.core.traced.length, 1)
  assert.equal(await countTraces(() => callAndRenew(world)), 0)
  assert.equal(world.core.traced.length, 1)
})

test('the core is told whether it is to wake this thread for a login, at the start and with each change', async () => {
  const { core, tell } = await openedTraced()
  assert.equal(core.isTraced, undefined)
  for (const operation of ['login', 'renewal']) {
    const traces = new Traces([operation])
    await tell()
    assert.equal(core.isTraced, true)
    assert.equal((await opened()).core.isTraced, true)
    traces.stop()
    await tell()
    assert.equal(core.isTraced, false)
  }
  const requests = new Traces(['request'])
  await tell()
  assert.equal(core.isTraced, false)
  requests.stop()
})

test('a subscriber of logins has no call traced', async () => {
  const world = await openedTraced()
  const traces = new Traces(['login'])
  assert.equal(await countTraces(() => callAndRenew(world)), 0)
  traces.stop()
})

test('what the core has noted is told, and what it does not know is absent', async () => {
  const { core, session } = await openedTraced()
  const traces = new Traces()
  const told = async notes => {
    core.bridge.traced = () => JSON.stringify(notes)
    traces.heard.length = 0
    const call = session.request('GET', 'order/list')
    core.settle('request', { text: '[]' })
    await call
    const [{ durationMs, result, ...trace }] = traces.ended('request')
    return trace
  }
  const endpoint = { method: 'GET', path: 'order/list' }
  const url = 'https://demo.tradovateapi.com/v1/order/list'
  assert.deepEqual(await told(NOTES), { ...endpoint, ...NOTES, url, host: 'demo.tradovateapi.com' })
  const unknown = { attempts: 0, url: null, status: null, requestMs: null, generation: null }
  assert.deepEqual(await told(unknown), { ...endpoint, attempts: 0 })
  traces.stop()
})

test('a renewal that began before anybody listened is not told, and the next one is', async () => {
  const { tell } = await openedTraced()
  await tell(BEGUN)
  const traces = new Traces()
  await tell(ENDED)
  assert.deepEqual(traces.heard, [])
  await tell(BEGUN)
  await tell(ENDED)
  const [{ startedAt, durationMs, requestMs, userId }] = traces.ended('renewal')
  assert.deepEqual([startedAt, durationMs, requestMs, userId], [new Date(5000), 8.5, 7.5, 5])
  traces.stop()
})

test('an end whose beginning was lost ends nothing else', async () => {
  const { tell } = await openedTraced()
  const traces = new Traces()
  await tell({ ...BEGUN, operation: 'login' })
  await tell(ENDED)
  assert.deepEqual([traces.ended('login'), traces.ended('renewal')], [[], []])
  await tell(BEGUN, { ...ENDED, error: errorJson('HTTP', { status: 503, outcome: 'unknown' }) })
  const [{ errorCode, error, outcome }] = traces.ended('renewal')
  assert.deepEqual([errorCode, error.name, outcome], ['ERR_TRADOVATE_HTTP', 'NetworkError', 'unknown'])
  traces.stop()
})

test("a login or renewal is heard outside of the code that reads a token meanwhile, and a call within its caller's", async () => {
  const { core, session } = await openedTraced()
  const traces = new Traces()
  const call = callers.run('reader', () => {
    core.snapshot = { ...snapshotOf(1), events: [BEGUN, ENDED] }
    core.changes[0] += 1
    assert.equal(session.accessToken, 'canary-token-1')
    return session.request('GET', 'order/list')
  })
  await turn()
  assert.deepEqual(
    traces.heard.map(([operation, event, , store]) => [operation, event, store]),
    [
      ['renewal', 'start', undefined],
      ['renewal', 'end', undefined],
      ['request', 'start', 'reader'],
      ['request', 'end', 'reader'],
      ['renewal', 'asyncStart', undefined],
      ['renewal', 'asyncEnd', undefined],
    ],
  )
  traces.stop()
  core.settle('request', { text: '[]' })
  await call
})

test('of what happens after closing the end of a renewal is told, and no event', async () => {
  const { core, session, tell } = await openedTraced()
  const traces = new Traces()
  await tell(BEGUN)
  const closing = session.close()
  core.settle('close')
  await closing
  const heard = []
  for (const type of ['token', 'status', 'warning']) session.on(type, () => heard.push(type))
  core.snapshot = { ...snapshotOf(1), events: [{ type: 'warning', error: errorJson('HTTP') }, ENDED] }
  core.settle('ended')
  await turn()
  assert.deepEqual([traces.ended('renewal').length, heard], [1, []])
  traces.stop()
})
