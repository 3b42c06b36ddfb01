// The tracing channel of calls: what it tells of each, in the caller's context, and no secret.

import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { after, before, beforeEach, describe, test } from 'node:test'
import { inspect } from 'node:util'
import tradovate from '../index.js'
import binding from '../lib/binding.js'
import { startSandbox } from '../sandbox/index.js'
import { Canaries } from '../scripts/canaries.mjs'
import './own-state.mjs'
import { callers, Traces } from './tracing/traces.mjs'

const { connect, getAccessToken, getAccounts, renewAccessToken, Session } = tradovate

const MEMORY = { type: 'memory' }

describe('calls', () => {
  let sandbox
  let session
  let traces

  before(async () => {
    sandbox = await startSandbox({ maxSessions: 10 })
    session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: MEMORY })
    traces = new Traces()
  })

  beforeEach(() => {
    sandbox.clearFaults()
    sandbox.log.length = 0
    traces.heard.length = 0
  })

  after(async () => {
    traces.stop()
    await session.close()
    await sandbox.close()
  })

  const fail = promise =>
    promise.then(
      () => assert.fail('it did not fail'),
      error => error,
    )
  const only = () => {
    const ended = traces.ended('request')
    assert.equal(ended.length, 1)
    return ended[0]
  }
  const host = () => new URL(sandbox.baseUrl).host

  test('a call tells method, path without query, host, status, attempts, generation and durations', async () => {
    await session.request('GET', 'order/items', { query: { ids: [1], note: 'query-of-no-worth' } })
    const { durationMs, requestMs, ...trace } = only()
    assert.deepEqual(trace, {
      method: 'GET',
      path: 'order/items',
      host: host(),
      url: `${sandbox.baseUrl}/order/items`,
      status: 200,
      attempts: 1,
      generation: session.status().generation,
      result: undefined,
    })
    assert.ok(requestMs > 0 && durationMs >= requestMs, `${durationMs} ms, of which ${requestMs} ms for the request`)
  })

  test('its events are those of a promise, and all are heard in the context of its caller', async () => {
    let afterwards
    await callers.run('caller', async () => {
      const call = session.getAccounts()
      assert.deepEqual(traces.eventsOf(traces.heard[0][2]), ['start', 'end'], 'within the caller')
      await call
      afterwards = callers.getStore()
    })
    assert.deepEqual(traces.storesOf(only()), {
      start: 'caller',
      end: 'caller',
      asyncStart: 'caller',
      asyncEnd: 'caller',
    })
    assert.equal(afterwards, 'caller')
  })

  test('a store that is bound to the start is the one of its end, and of nothing else', async () => {
    const spans = new AsyncLocalStorage()
    const { start, asyncEnd } = tracingChannel('tradovate-session:request')
    const seen = []
    const listener = () => seen.push(spans.getStore())
    start.bindStore(spans, trace => `span of ${trace.path}`)
    asyncEnd.subscribe(listener)
    try {
      await spans.run('outer', async () => {
        await Promise.all([session.request('GET', 'order/list'), session.request('GET', 'position/list')])
        assert.equal(spans.getStore(), 'outer')
      })
    } finally {
      start.unbindStore(spans)
      asyncEnd.unsubscribe(listener)
    }
    assert.deepEqual(seen.sort(), ['span of order/list', 'span of position/list'])
  })

  test('a failure tells its code, its outcome and the error itself', async () => {
    const error = await fail(callers.run('caller', () => session.request('GET', 'no/such')))
    const trace = only()
    assert.deepEqual(
      [trace.status, trace.attempts, trace.errorCode, trace.outcome],
      [404, 1, 'ERR_TRADOVATE_NOT_FOUND', 'answered'],
    )
    assert.equal(trace.error, error)
    assert.deepEqual(traces.eventsOf(trace), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    assert.equal(traces.storesOf(trace).error, 'caller')
    assert.match(error.stack, /tracing\.test\.mjs/)
  })

  test('a refusal within an HTTP 200 is a failure with that status', async () => {
    await fail(session.getCashBalance(123456789))
    const { method, path, status, errorCode } = only()
    assert.deepEqual(
      [method, path, status, errorCode],
      ['POST', 'cashBalance/getcashbalancesnapshot', 200, 'ERR_TRADOVATE_REJECTED'],
    )
  })

  test('a GET that is sent again after a renewal says so, and with which token it was answered', async () => {
    const { generation } = session.status()
    sandbox.inject({ endpoint: 'order/list', status: 401, body: 'Access is denied' })
    await session.request('GET', 'order/list')
    const trace = only()
    assert.deepEqual([trace.attempts, trace.status, trace.generation], [2, 200, generation + 1])
    assert.equal(traces.ended('renewal').length, 1)
  })

  test('a GET whose connection was lost says so; a POST is sent once, and its status is unknown', async () => {
    sandbox.inject({ endpoint: 'order/list', fault: 'reset' })
    await session.request('GET', 'order/list')
    assert.deepEqual([only().attempts, only().status], [2, 200])
    traces.heard.length = 0
    sandbox.inject({ endpoint: 'order/placeorder', fault: 'cut' })
    await fail(session.request('POST', 'order/placeorder', { body: {} }))
    const { attempts, status, errorCode, outcome } = only()
    assert.deepEqual([attempts, status, errorCode, outcome], [1, undefined, 'ERR_TRADOVATE_CONNECT', 'unknown'])
  })

  test('a GET that waits for a penalty tells the wait as its own, and not as its request', async () => {
    sandbox.inject({ endpoint: 'order/deps', penalty: { seconds: 1 } })
    await session.request('GET', 'order/deps', { query: { masterid: 1 } })
    const { attempts, durationMs, requestMs } = only()
    assert.equal(attempts, 2)
    assert.ok(durationMs >= 900 && requestMs < durationMs - 900, `${requestMs} ms of ${durationMs} ms`)
  })

  test('a timeout has no status of an earlier answer', async () => {
    sandbox.inject({ endpoint: 'order/ldeps', penalty: { seconds: 1 } })
    sandbox.inject({ endpoint: 'order/ldeps', fault: 'hang' })
    await fail(session.request('GET', 'order/ldeps', { query: { masterids: [1] }, timeoutMs: 1500 }))
    const { attempts, status, errorCode, outcome } = only()
    assert.deepEqual([attempts, status, errorCode, outcome], [2, undefined, 'ERR_TRADOVATE_TIMEOUT', 'unknown'])
  })

  test('an abort tells the name of its reason', async () => {
    sandbox.inject({ endpoint: 'order/list', fault: 'hang' })
    const abort = new AbortController()
    const call = fail(session.request('GET', 'order/list', { signal: abort.signal }))
    while (sandbox.log.length === 0) await new Promise(setImmediate)
    abort.abort()
    const error = await call
    const { attempts, errorCode, outcome, error: told } = only()
    assert.deepEqual([attempts, errorCode, outcome, told], [1, 'AbortError', undefined, error])
  })

  test('a reason that is no error is told by its type', async () => {
    await fail(session.request('GET', 'order/list', { signal: AbortSignal.abort('no more') }))
    assert.deepEqual([only().errorCode, only().error, only().attempts], ['string', 'no more', 0])
  })

  test('what is refused for its arguments is no call', async () => {
    await fail(session.request('GET', 'order/list?a=1'))
    await fail(session.getAccount('x'))
    await fail(getAccounts(''))
    assert.deepEqual(traces.heard, [])
  })

  test('each method tells the verb and path that are called', async () => {
    const [account] = await session.getAccounts()
    await session.getAccount(account.id)
    await session.getAccountsById([account.id])
    await session.findAccount(account.name)
    await session.suggestAccounts(account.name.slice(0, 3), 5)
    await session.getAccountsOfUsers([account.userId])
    await session.getAccountsOfUsers([account.userId, account.userId + 1])
    await session.getCashBalance(account.id)
    await session.request('GET', '/position/list')
    const options = { baseUrl: sandbox.baseUrl }
    const { accessToken } = await getAccessToken(sandbox.credentials, options)
    await renewAccessToken(accessToken, options)
    await getAccounts(accessToken, options)
    const told = traces.ended('request').map(({ method, path }) => `${method} ${path.toLowerCase()}`)
    assert.deepEqual(
      told,
      sandbox.log.map(({ method, endpoint }) => `${method} ${endpoint}`),
    )
    assert.equal(told.length, 12)
    assert.ok(traces.ended('request').every(({ status, url }) => status === 200 && url.startsWith(sandbox.baseUrl)))
  })

  test('a question that takes several requests is one call, and one more attempt for each that is sent again', async () => {
    const ids = Array.from({ length: 25 }, (_, i) => i + 1)
    await session.getAccountsById(ids)
    assert.equal(only().attempts, 1)
    traces.heard.length = 0
    sandbox.inject({ endpoint: 'account/items', fault: 'reset' })
    await session.getAccountsById(ids)
    assert.equal(only().attempts, 2)
    assert.equal(sandbox.log.length, 7)
    traces.heard.length = 0
    assert.deepEqual(await session.getAccountsById([]), [])
    assert.deepEqual([only().attempts, only().url], [0, undefined])
  })

  test('what only waits for a token is no call', async () => {
    await session.getAccessToken()
    await session.renew()
    assert.deepEqual(traces.ended('request'), [])
  })

  test("a dependent's calls are told as well", { skip: process.platform === 'win32' }, async () => {
    const { stateHome } = await import('./own-state.mjs')
    const service = await session.serve({ socketPath: `${stateHome}/run/token.sock` })
    const client = await connect(service.address)
    await callers.run('caller', () => client.getAccounts())
    await client.close()
    await service.close()
    const trace = only()
    assert.deepEqual([trace.path, trace.status, trace.host], ['account/list', 200, host()])
    assert.equal(traces.storesOf(trace).start, 'caller')
  })

  test('a call on a closed session was never tried', async () => {
    const closed = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: MEMORY })
    await closed.close()
    await fail(closed.getAccounts())
    const { attempts, errorCode, outcome, url } = only()
    assert.deepEqual([attempts, errorCode, outcome, url], [0, 'ERR_TRADOVATE_CLOSED', 'not-sent', undefined])
  })

  test('a subscriber that throws is an uncaught exception, as of any channel, and the call is answered', async () => {
    const failure = new Error('a subscriber of the test')
    const { start, asyncEnd } = tracingChannel('tradovate-session:request')
    const loud = () => {
      throw failure
    }
    const uncaught = []
    process.setUncaughtExceptionCaptureCallback(error => uncaught.push(error))
    for (const channel of [start, asyncEnd]) channel.subscribe(loud)
    try {
      assert.equal((await session.getAccounts()).length, 2)
      await new Promise(setImmediate)
    } finally {
      for (const channel of [start, asyncEnd]) channel.unsubscribe(loud)
      process.setUncaughtExceptionCaptureCallback(null)
    }
    assert.deepEqual(uncaught, [failure, failure])
    assert.equal(traces.ended('request').length, 1)
  })

  test('a subscriber of any one event is enough', async () => {
    traces.stop()
    try {
      for (const event of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
        const one = new Traces(['request'], [event])
        await session.request('GET', event === 'error' ? 'no/such' : 'order/list').catch(() => {})
        one.stop()
        assert.deepEqual(
          one.heard.map(([operation, heard]) => [operation, heard]),
          [['request', event]],
        )
      }
    } finally {
      traces = new Traces()
    }
  })

  test('no secret is in what is published, whatever is called', async () => {
    const options = { baseUrl: sandbox.baseUrl }
    const { accessToken } = await getAccessToken(sandbox.credentials, options)
    await renewAccessToken(accessToken, options)
    await fail(getAccessToken({ ...sandbox.credentials, password: 'password-of-no-worth' }, options))
    await session.request('GET', 'order/list', { query: { text: 'query-of-no-worth' } })
    const { accessToken: own } = session
    sandbox.inject({ endpoint: 'order/placeorder', status: 400, body: `{"errorText":"${own}"}` })
    await fail(session.request('POST', 'order/placeorder', { body: { text: 'body-of-no-worth', own } }))
    await session.renew()
    const canaries = new Canaries()
    const shown = inspect(traces.heard, { depth: Number.POSITIVE_INFINITY, showHidden: true })
    for (const text of [shown, JSON.stringify(traces.heard)]) canaries.watch(text)
    assert.deepEqual(canaries.found, [])
    assert.ok(shown.includes('auth/renewaccesstoken') && shown.includes('ERR_TRADOVATE_CREDENTIALS'))
  })

  test('no trace is kept in the core once its call has ended', () => {
    const kept = Array.from({ length: 200 }, (_, id) => binding.calls.bridge.traced(id))
    assert.deepEqual(new Set(kept), new Set([null]))
  })
})
