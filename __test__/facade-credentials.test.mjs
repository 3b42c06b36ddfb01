// A function that gives credentials: when it is asked, and whom what it throws reaches.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import {
  CREDENTIALS,
  errorJson,
  fakeCore,
  heldTimers,
  opened,
  openedWith,
  snapshotOf,
  turn,
  withCode,
} from './facade/core.mjs'
import './own-state.mjs'

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
  core.wakeOwner()
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
  core.wakeOwner()
  await turn()
  const [[how, ask, reason]] = core.answers
  assert.deepEqual([how, ask], ['decline', 1])

  const cause = errorJson('CONFIG', { thrown: reason })
  const error = errorJson('EXPIRED', { cause })
  core.snapshot = { ...snapshotOf(0), lack: error, events: [{ type: 'warning', error: cause }] }
  const waiting = s.getAccessToken()
  await turn()
  core.settle('token', { error })
  await assert.rejects(waiting, thrown => thrown === failure)
  core.wakeOwner()
  await turn()
  assert.equal(warnings[0].cause, failure)
  assert.throws(
    () => s.accessToken,
    thrown => thrown === failure,
    'the getter says what the method does',
  )
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
  core.wakeOwner()
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
  const timeout = { name: 'NetworkError', ...withCode('TIMEOUT') }
  await assert.rejects(slow, { ...timeout, outcome: 'not-sent' })
  assert.deepEqual(core.started, [])

  const hanging = core.Session.open(() => CREDENTIALS, { timeoutMs: 20 })
  await assert.rejects(hanging, { ...timeout, outcome: 'unknown' })
  assert.equal(core.cancelled.length, 1)
  core.settle('close')
  assert.equal(heldTimers(), before)
})
