'use strict'
// Publishes calls, logins and renewals on tracing channels of diagnostics_channel. Where nobody listens, nothing is made for it.

const { AsyncResource } = require('node:async_hooks')
const diagnostics = require('node:diagnostics_channel')
const { performance } = require('node:perf_hooks')

const { errorFrom } = require('../errors.js')

/** @typedef {import('../index.js').RequestTrace} RequestTrace */
/** @typedef {import('../index.js').TokenTrace} TokenTrace */
/** @typedef {import('../index.js').HttpMethod} HttpMethod */
/** @typedef {InstanceType<typeof import('../errors.js').ThrownValues>} Thrown */
/** @typedef {'login' | 'renewal'} Operation */
/** @typedef {{ method: HttpMethod, path: string }} Endpoint */
/**
 * The core's notes about a call; null is unknown. `url` is the REST base.
 *
 * @typedef {{ attempts: number, url: string | null, status: number | null, requestMs: number | null, generation: number | null }} Notes
 */
/** @typedef {(notes: string | null) => void} Traced Takes the notes as JSON, once the call has ended. */
/**
 * The core's JSON of a login or renewal that begins or has ended.
 *
 * @typedef {{
 *   type: 'callBegun', operation: Operation, environment: import('../index.js').Environment, url: string, startedAt: number,
 * }} CallBegun
 * @typedef {{
 *   type: 'callEnded', operation: Operation, notes: Notes, durationMs: number, userId: number | null,
 *   error: import('../errors.js').ErrorJson | null,
 * }} CallEnded
 * @typedef {CallBegun | CallEnded} CallEvent
 */

const requests = diagnostics.tracingChannel('tradovate-session:request')
const operations = {
  login: diagnostics.tracingChannel('tradovate-session:login'),
  renewal: diagnostics.tracingChannel('tradovate-session:renewal'),
}

/** @type {Readonly<Record<Operation, Endpoint>>} */
const TOKEN_ENDPOINTS = {
  login: { method: 'POST', path: 'auth/accesstokenrequest' },
  renewal: { method: 'GET', path: 'auth/renewaccesstoken' },
}

// A tracing channel of Node.js 20 tells this from 20.13 on; its channels always do.
/** @param {import('node:diagnostics_channel').TracingChannel} tracingChannel */
function hasSubscribers({ start, end, asyncStart, asyncEnd, error }) {
  return (
    start.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers
  )
}

const tracesRequests = () => hasSubscribers(requests)
const tracesTokens = () => hasSubscribers(operations.login) || hasSubscribers(operations.renewal)

/**
 * Makes a call with a trace: `make` is told who takes its notes.
 *
 * @template T
 * @param {Endpoint} endpoint
 * @param {(traced: Traced) => Promise<T>} make
 */
async function traceRequest({ method, path }, make) {
  /** @type {RequestTrace} */
  const trace = { method, path }
  const began = performance.now()
  /** @type {T | undefined} */
  let answer
  // The promise of the channel resolves with nothing: an answer, which may be a token, is shown to no subscriber.
  await requests.tracePromise(async () => {
    try {
      answer = await make(notes => addNotes(trace, JSON.parse(notes ?? 'null')))
    } catch (error) {
      addFailure(trace, error)
      throw error
    } finally {
      trace.attempts ??= 0
      trace.durationMs = performance.now() - began
    }
  }, trace)
  return /** @type {T} */ (answer)
}

/**
 * @param {RequestTrace} trace
 * @param {Notes | null} notes
 */
function addNotes(trace, notes) {
  if (!notes) return
  const { attempts, url, status, requestMs, generation } = notes
  trace.attempts = attempts
  if (url !== null) Object.assign(trace, addressOf(url, trace.path))
  if (status !== null) trace.status = status
  if (requestMs !== null) trace.requestMs = requestMs
  if (generation !== null) trace.generation = generation
}

/**
 * @param {string} base
 * @param {string} path
 */
const addressOf = (base, path) => ({ host: new URL(base).host, url: `${base}/${path}` })

/**
 * Adds what an error says. It can be anything: the reason of an abort, or what a credentials function has thrown.
 *
 * @param {RequestTrace} trace
 * @param {any} error
 */
function addFailure(trace, error) {
  const { name, code, status, outcome } = Object(error)
  trace.errorCode = typeof code === 'string' ? code : typeof name === 'string' ? name : typeof error
  if (status !== undefined) trace.status = status
  if (outcome !== undefined) trace.outcome = outcome
}

/**
 * @param {{ type: string }} event
 * @returns {event is CallEvent}
 */
const isOfCall = event => event.type === 'callBegun' || event.type === 'callEnded'

// A login or renewal belongs to no caller: it is published outside the context of the code that happens to read a token.
const background = new AsyncResource('TRADOVATE_SESSION')

/** The logins and renewals of one session, which the core makes one at a time. */
class TokenTraces {
  #thrown
  #scope = background
  /** @type {{ trace: TokenTrace, settle: (error?: Error) => void } | undefined} */
  #current

  /** @param {Thrown} thrown */
  constructor(thrown) {
    this.#thrown = thrown
    // A call that is made while the session is opened belongs to its opener.
    if (tracesTokens()) this.#scope = new AsyncResource('TRADOVATE_SESSION')
  }

  opened() {
    this.#scope = background
  }

  /** @param {CallEvent} event */
  take(event) {
    if (event.type === 'callBegun') this.#begin(event)
    else this.#end(event)
  }

  /** @param {CallBegun} event */
  #begin({ operation, environment, url, startedAt }) {
    this.#current = undefined
    if (!hasSubscribers(operations[operation])) return
    /** @type {TokenTrace} */
    const trace = {
      operation,
      ...TOKEN_ENDPOINTS[operation],
      ...addressOf(url, TOKEN_ENDPOINTS[operation].path),
      environment,
      startedAt: new Date(startedAt),
    }
    /** @type {Promise<void>} */
    const ended = new Promise((resolve, reject) => {
      this.#current = { trace, settle: error => (error ? reject(error) : resolve()) }
    })
    const traced = this.#scope.runInAsyncScope(() => operations[operation].tracePromise(() => ended, trace))
    // The subscribers have the error. Nobody waits for it.
    traced.catch(() => {})
  }

  /** @param {CallEnded} event */
  #end({ operation, notes, durationMs, userId, error: json }) {
    const { trace, settle } = this.#current ?? {}
    this.#current = undefined
    if (!trace || !settle || trace.operation !== operation) return
    const error = json ? errorFrom(json, this.#thrown) : undefined
    addNotes(trace, notes)
    if (error) addFailure(trace, error)
    if (userId !== null) trace.userId = userId
    trace.durationMs = durationMs
    settle(error)
  }
}

module.exports = { TOKEN_ENDPOINTS, TokenTraces, isOfCall, traceRequest, tracesRequests, tracesTokens }
