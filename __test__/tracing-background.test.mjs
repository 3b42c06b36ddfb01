// The tracing channels of logins and renewals, which a session makes in the background.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import { Canaries } from '../scripts/canaries.mjs'
import './own-state.mjs'
import { callers, Traces } from './tracing/traces.mjs'

const { Session } = tradovate

const DEADLINE_MS = 30_000
const BACKGROUND = ['login', 'renewal']

/** A sandbox, what it takes to open a session there, and all that is traced. */
async function traced(test, options) {
  const sandbox = await startSandbox(options)
  const traces = new Traces()
  const sessions = []
  const open = async more => {
    const options = { baseUrl: sandbox.baseUrl, environment: 'demo', store: { type: 'memory' } }
    const session = await Session.open({ ...sandbox.credentials, ...more }, options)
    sessions.push(session)
    return session
  }
  try {
    await test({ sandbox, traces, open })
  } finally {
    traces.stop()
    await Promise.all(sessions.map(session => session.close()))
    await sandbox.close()
  }
}

test('a login and a renewal tell what they did, and how long the core took for it', () =>
  traced(async ({ sandbox, traces, open }) => {
    const before = Date.now()
    const session = await open()
    await session.renew()
    const ended = BACKGROUND.flatMap(operation => traces.ended(operation))
    const common = { environment: 'demo', host: new URL(sandbox.baseUrl).host, status: 200, attempts: 1, userId: 1001 }
    const told = ended.map(({ startedAt, durationMs, requestMs, ...trace }) => {
      assert.ok(startedAt.getTime() >= before - 1 && startedAt.getTime() <= Date.now(), String(startedAt))
      assert.ok(requestMs > 0 && durationMs >= requestMs, `${durationMs} ms, of which ${requestMs} ms for the request`)
      return trace
    })
    assert.deepEqual(told, [
      {
        ...common,
        operation: 'login',
        method: 'POST',
        path: 'auth/accesstokenrequest',
        url: `${sandbox.baseUrl}/auth/accesstokenrequest`,
        generation: 1,
        result: undefined,
      },
      {
        ...common,
        operation: 'renewal',
        method: 'GET',
        path: 'auth/renewaccesstoken',
        url: `${sandbox.baseUrl}/auth/renewaccesstoken`,
        generation: 2,
        result: undefined,
      },
    ])
    for (const trace of ended) assert.deepEqual(traces.eventsOf(trace), ['start', 'end', 'asyncStart', 'asyncEnd'])
  }))

test("a login while a session is opened is its opener's; what comes later is nobody's", () =>
  traced(async ({ sandbox, traces, open }) => {
    const session = await callers.run('opener', () => open())
    const [login] = traces.ended('login')
    const openers = { start: 'opener', end: 'opener', asyncStart: 'opener', asyncEnd: 'opener' }
    assert.deepEqual(traces.storesOf(login), openers)

    const nobodys = { start: undefined, end: undefined, asyncStart: undefined, asyncEnd: undefined }
    await callers.run('caller', () => session.renew())
    assert.deepEqual(traces.storesOf(traces.ended('renewal')[0]), nobodys)
    sandbox.evict()
    await callers.run('caller', () => session.getAccounts())
    assert.deepEqual(traces.storesOf(traces.ended('login')[1]), nobodys)
  }))

test('one that fails tells its status, its code and the error, and is no unhandled rejection', () =>
  traced(async ({ sandbox, traces, open }) => {
    sandbox.inject({ endpoint: 'login', status: 503 })
    const error = await open().then(
      () => assert.fail('it was opened'),
      error => error,
    )
    const [login] = traces.ended('login')
    assert.deepEqual(
      [login.status, login.errorCode, login.outcome, login.error.message, login.generation],
      [503, 'ERR_TRADOVATE_HTTP', 'unknown', error.message, undefined],
    )
    assert.deepEqual(traces.eventsOf(login), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    assert.deepEqual(traces.ended('request'), [])
  }))

test('one that was never answered has no status, and was tried', () =>
  traced(async ({ sandbox, traces, open }) => {
    const session = await open()
    sandbox.inject({ endpoint: 'renew', fault: 'reset' })
    await assert.rejects(session.renew())
    const [{ status, attempts, outcome, errorCode }] = traces.ended('renewal')
    assert.deepEqual([status, attempts, outcome, errorCode], [undefined, 1, 'unknown', 'ERR_TRADOVATE_CONNECT'])
  }))

test('one that is under way when its session is closed is told to its end, and listeners hear nothing of it', () =>
  traced(async ({ sandbox, traces, open }) => {
    const session = await open()
    await new Promise(setImmediate)
    sandbox.inject({ endpoint: 'renew', latencyMs: 300 })
    const renewal = session.renew().catch(error => error.code)
    await traces.first('renewal', 'start')
    await session.close()
    const heard = []
    for (const type of ['token', 'status', 'warning']) session.on(type, () => heard.push(type))
    assert.equal(await renewal, 'ERR_TRADOVATE_CLOSED')
    assert.deepEqual(traces.ended('renewal'), [])
    const { status, generation } = await traces.first('renewal', 'asyncEnd')
    assert.deepEqual([status, generation, heard], [200, 2, []])
  }))

test('a subscriber of logins that throws is an uncaught exception, as of any channel, and the session is opened', () =>
  traced(async ({ open }) => {
    const failure = new Error('a subscriber of the test')
    const loud = new Traces(['login'], ['start', 'asyncEnd'])
    loud.heard.push = () => {
      throw failure
    }
    const uncaught = []
    process.setUncaughtExceptionCaptureCallback(error => uncaught.push(error))
    try {
      const session = await open()
      await new Promise(setImmediate)
      assert.equal((await session.getAccounts()).length, 2)
    } finally {
      loud.stop()
      process.setUncaughtExceptionCaptureCallback(null)
    }
    assert.deepEqual(uncaught, [failure, failure])
  }))

test('subscribers hold no process: one that has nothing else to do ends while a session renews', async () => {
  const sandbox = await startSandbox({ tokenLifetimeMs: 5000 })
  try {
    const script = fileURLToPath(new URL('tracing/idle.mjs', import.meta.url))
    const args = [script, sandbox.baseUrl, JSON.stringify(sandbox.credentials)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: DEADLINE_MS })
    child.stdout.setEncoding('utf8')
    const [said] = await once(child.stdout, 'data')
    assert.equal(said, 'login asyncEnd\n')
    assert.deepEqual(await once(child, 'exit'), [0, null])
    assert.equal(sandbox.counts.renewals, 0)
  } finally {
    await sandbox.close()
  }
})

test('promise 25: no secret is in what is published of them, whatever the answer repeats', () =>
  traced(async ({ sandbox, traces, open }) => {
    const session = await open()
    const { accessToken, mdAccessToken } = session
    const { password, sec } = sandbox.credentials
    const echo = (...secrets) => JSON.stringify({ errorText: secrets.join(' ') })
    sandbox.inject({ endpoint: 'renew', status: 400, body: echo(accessToken, mdAccessToken, password, sec) })
    await assert.rejects(session.renew())
    sandbox.inject({ endpoint: 'login', status: 200, body: echo(password, sec) })
    await assert.rejects(open({ appId: 'another login' }))
    assert.equal(traces.ended('login').length + traces.ended('renewal').length, 3)
    const canaries = new Canaries()
    const shown = inspect(traces.heard, { depth: Number.POSITIVE_INFINITY, showHidden: true })
    for (const text of [shown, JSON.stringify(traces.heard)]) canaries.watch(text)
    assert.deepEqual(canaries.found, [])
    assert.ok(shown.includes('ERR_TRADOVATE_CREDENTIALS'))
  }))
