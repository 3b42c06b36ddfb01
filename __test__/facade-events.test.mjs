// Events: each listener hears each of them, none within the caller's own code, and none shows a token to diagnostics.

import assert from 'node:assert/strict'
import diagnostics from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { inspect } from 'node:util'
import errors from '../errors.js'
import { Events } from '../lib/events.js'

const TOKEN = {
  accessToken: 'canary-token',
  mdAccessToken: 'canary-md',
  expirationTime: '2030-01-01T00:00Z',
  generation: 4,
  userId: 5,
}
const STATUS = { state: 'waiting', environment: 'demo', generation: 4, retryAt: 5000, clockOffsetMs: 0, logins: 1 }
const ERROR = { code: 'ERR_TRADOVATE_HTTP', message: 'm', status: 503, needsPerson: false }
const BATCH = [
  { type: 'token', how: 'login', token: TOKEN },
  { type: 'status', status: { ...STATUS, reason: ERROR } },
  { type: 'warning', error: ERROR },
]

const turn = () => new Promise(resolve => setImmediate(resolve))

async function released() {
  const emitter = new EventEmitter()
  const queue = new Events(emitter, () => 'demo', new errors.ThrownValues())
  queue.release()
  await turn()
  return { emitter, queue }
}

function heard(emitter) {
  const all = []
  for (const type of ['token', 'status', 'warning']) emitter.on(type, value => all.push([type, value]))
  return all
}

test('token, status and warning arrive in order with what they promise', async () => {
  const { emitter, queue } = await released()
  const all = heard(emitter)
  queue.add(BATCH)
  assert.deepEqual(all, [])
  await turn()
  assert.deepEqual(
    all.map(([type]) => type),
    ['token', 'status', 'warning'],
  )
  const [[, token], [, status], [, warning]] = all
  assert.deepEqual(token, { ...TOKEN, how: 'login' })
  assert.deepEqual(status.retryAt, new Date(5000))
  assert.equal(status.reason.name, 'NetworkError')
  assert.deepEqual([warning.name, warning.status], ['NetworkError', 503])
})

test('events are heard before the call that brought them resolves', async () => {
  const { emitter, queue } = await released()
  const order = []
  emitter.on('token', () => order.push('event'))
  const call = new Promise(resolve => {
    queue.add(BATCH)
    resolve()
  }).then(() => order.push('resolved'))
  await call
  assert.deepEqual(order, ['event', 'resolved'])
})

test('what happened while opening waits for listeners that are added right after', async () => {
  const emitter = new EventEmitter()
  const queue = new Events(emitter, () => 'demo', new errors.ThrownValues())
  queue.add(BATCH)
  await turn()
  const open = async () => queue.release()
  await open()
  const all = heard(emitter)
  queue.add(BATCH)
  await turn()
  assert.equal(all.length, 6)
})

test('a listener that throws loses no other event, and its error is an uncaught exception as ever', async () => {
  const { emitter, queue } = await released()
  const failure = new Error('a listener of the test')
  emitter.on('token', () => {
    throw failure
  })
  const all = heard(emitter)
  const uncaught = []
  process.setUncaughtExceptionCaptureCallback(error => uncaught.push(error))
  try {
    queue.add(BATCH)
    await turn()
    await turn()
  } finally {
    process.setUncaughtExceptionCaptureCallback(null)
  }
  assert.deepEqual(
    all.map(([type]) => type),
    ['status', 'warning'],
  )
  assert.deepEqual(uncaught, [failure])
})

test('diagnostics subscribers hear each event, without any token', async () => {
  const { queue } = await released()
  const messages = []
  const subscriber = message => messages.push(message)
  diagnostics.subscribe('tradovate-session', subscriber)
  queue.add(BATCH)
  diagnostics.unsubscribe('tradovate-session', subscriber)
  queue.add(BATCH)
  assert.deepEqual(
    messages.map(({ type, environment }) => [type, environment]),
    [
      ['token', 'demo'],
      ['status', 'demo'],
      ['warning', 'demo'],
    ],
  )
  const { expirationTime, generation, userId } = TOKEN
  assert.deepEqual(messages[0], {
    type: 'token',
    how: 'login',
    expirationTime,
    generation,
    userId,
    environment: 'demo',
  })
  assert.equal(messages[1].status.state, 'waiting')
  assert.equal(messages[2].error.status, 503)
  assert.doesNotMatch(inspect(messages, { depth: Number.POSITIVE_INFINITY }) + JSON.stringify(messages), /canary/)
})
