'use strict'
// The errors that a caller branches on. A class says what the caller can do, and a code says what the cause is.

/** @typedef {import('./index.js').TradovateErrorOptions<string>} Options */
/**
 * The core's JSON of an error; times are in milliseconds. `thrown` is the number of a value in ThrownValues.
 *
 * @typedef {{
 *   code: string, message: string, needsPerson: boolean, status?: number, failureReason?: string,
 *   outcome?: import('./index.js').CallOutcome, retryAt?: number, thrown?: number, cause?: ErrorJson,
 * }} ErrorJson
 */

class TradovateError extends Error {
  /**
   * @param {string} message
   * @param {Options} options
   */
  constructor(message, options = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    /** @type {string} */
    this.code = options.code ?? Reflect.get(this, 'code')
    if (options.status !== undefined) this.status = options.status
    if (options.failureReason !== undefined) this.failureReason = options.failureReason
    if (options.outcome !== undefined) this.outcome = options.outcome
    if (options.retryAt !== undefined) this.retryAt = options.retryAt
    this.needsPerson = options.needsPerson ?? false
  }
}

// A call with an argument that is refused has not been sent.
class ConfigError extends TradovateError {
  /**
   * @param {string} message
   * @param {Options} options
   */
  constructor(message, options = {}) {
    super(message, { ...options, outcome: options.outcome ?? 'not-sent' })
  }
}
class CredentialsError extends TradovateError {}
class PenaltyError extends TradovateError {}
class SessionError extends TradovateError {}
class NetworkError extends TradovateError {}
class ProtocolError extends TradovateError {}
class StoreError extends TradovateError {}
class ServiceError extends TradovateError {}

/**
 * The codes of each class. An error that is made without a code has the first one.
 *
 * @type {Map<typeof TradovateError, string[]>}
 */
const codes = new Map([
  [ConfigError, ['CONFIG']],
  [CredentialsError, ['CREDENTIALS', 'EXTRA_FACTOR', 'ACCOUNT_STATUS']],
  [PenaltyError, ['PENALTY', 'CAPTCHA', 'RATE_LIMITED', 'LOCKED_OUT', 'LOGIN_BUDGET', 'QUOTA']],
  [SessionError, ['EXPIRED', 'EVICTED', 'CONTENDED', 'CLOSED', 'UNAUTHORIZED', 'FORBIDDEN']],
  [NetworkError, ['CONNECT', 'TIMEOUT', 'HTTP']],
  [ProtocolError, ['PROTOCOL', 'VIOLATION', 'NOT_FOUND', 'REJECTED']],
  [StoreError, ['STORE', 'STORE_MISMATCH']],
  [ServiceError, ['SERVICE', 'SERVICE_MISMATCH']],
])

/** @type {Map<string, typeof TradovateError>} */
const classes = new Map()

/**
 * @param {typeof TradovateError} Class
 * @param {string} property
 * @param {string} value
 */
function setDefault(Class, property, value) {
  Object.defineProperty(Class.prototype, property, { value, writable: true, configurable: true })
}

setDefault(TradovateError, 'name', 'TradovateError')
setDefault(TradovateError, 'code', 'ERR_TRADOVATE')
for (const [Class, causes] of codes) {
  setDefault(Class, 'name', Class.name)
  setDefault(Class, 'code', `ERR_TRADOVATE_${causes[0]}`)
  for (const cause of causes) classes.set(`ERR_TRADOVATE_${cause}`, Class)
}

/**
 * Makes an error of the core's JSON. `thrown` has the values that the error may refer to.
 *
 * @param {ErrorJson} json
 * @param {ThrownValues} [thrown]
 * @returns {TradovateError}
 */
function errorFrom(json, thrown) {
  const Class = classes.get(json.code) ?? TradovateError
  const { code, status, failureReason, outcome, needsPerson } = json
  /** @type {Options} */
  const options = { code, status, failureReason, outcome, needsPerson }
  if (json.retryAt !== undefined) options.retryAt = new Date(json.retryAt)
  if (thrown?.has(json.thrown)) options.cause = thrown.get(json.thrown)
  else if (json.cause) options.cause = errorFrom(json.cause, thrown)
  return new Class(json.message, options)
}

/**
 * Gives the value that a caller's promise rejects with: an error of ours, or the very value that a credentials function threw.
 *
 * @param {ErrorJson} json
 * @param {ThrownValues} [thrown]
 */
function failureFrom(json, thrown) {
  for (let link = /** @type {ErrorJson | undefined} */ (json); link; link = link.cause) {
    if (thrown?.has(link.thrown)) return thrown.get(link.thrown)
  }
  return errorFrom(json, thrown)
}

/**
 * Gives the text or the long list of a call, or throws its error. Callers use it after their `await`: only there does the stack
 * lead to them.
 *
 * @template List
 * @param {{ text: string | null, error: string | null, list?: List }} outcome
 * @param {ThrownValues} [thrown]
 */
function unwrap(outcome, thrown) {
  if (!outcome.error) return outcome.list ?? outcome.text
  throw failureFrom(JSON.parse(outcome.error), thrown)
}

// Only the latest failures can still be on their way back.
const KEPT = 64

/** The values that credentials functions threw, by number. */
class ThrownValues {
  /** @type {Map<number, unknown>} */
  #values = new Map()
  #last = 0

  /** @param {unknown} value */
  keep(value) {
    this.#last += 1
    this.#values.set(this.#last, value)
    this.#values.delete(this.#last - KEPT)
    return this.#last
  }

  /** @param {number | undefined} number */
  has(number) {
    return number !== undefined && this.#values.has(number)
  }

  /** @param {number | undefined} number */
  get(number) {
    return number === undefined ? undefined : this.#values.get(number)
  }
}

module.exports = {
  ConfigError,
  CredentialsError,
  NetworkError,
  PenaltyError,
  ProtocolError,
  ServiceError,
  SessionError,
  StoreError,
  ThrownValues,
  TradovateError,
  errorFrom,
  failureFrom,
  unwrap,
}
