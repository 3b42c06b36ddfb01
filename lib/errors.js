'use strict'
// The errors that a caller branches on: one class per thing to do about it, one code per cause.

class TradovateError extends Error {
  constructor(message, options = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = options.code ?? this.code
    if (options.status !== undefined) this.status = options.status
    if (options.outcome !== undefined) this.outcome = options.outcome
    if (options.retryAt !== undefined) this.retryAt = options.retryAt
    this.needsPerson = options.needsPerson ?? false
  }
}

// What an argument is refused for has not been sent.
class ConfigError extends TradovateError {
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

// The first code of a class is the one that it has when its maker names none.
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

const classes = new Map()

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

// `thrown` holds what a credentials function threw; an error of the core refers to it by number.
function errorFrom(json, thrown) {
  const Class = classes.get(json.code) ?? TradovateError
  const { code, status, outcome, needsPerson } = json
  const options = { code, status, outcome, needsPerson }
  if (json.retryAt !== undefined) options.retryAt = new Date(json.retryAt)
  if (thrown?.has(json.thrown)) options.cause = thrown.get(json.thrown)
  else if (json.cause) options.cause = errorFrom(json.cause, thrown)
  return new Class(json.message, options)
}

// What a caller is told: an error of ours, or what a credentials function threw, as it is.
function failureFrom(json, thrown) {
  for (let link = json; link; link = link.cause) {
    if (thrown?.has(link.thrown)) return thrown.get(link.thrown)
  }
  return errorFrom(json, thrown)
}

// Called after the await of a call, not where it settles: only there does the stack lead to the caller.
function unwrap(outcome, thrown) {
  if (!outcome.error) return outcome.list ?? outcome.text
  throw failureFrom(JSON.parse(outcome.error), thrown)
}

// What credentials functions threw, kept by number so that it comes back to a caller as the very value it was.

// Only the latest failures can still be on their way back.
const KEPT = 64

class ThrownValues {
  #values = new Map()
  #last = 0

  keep(value) {
    this.#last += 1
    this.#values.set(this.#last, value)
    this.#values.delete(this.#last - KEPT)
    return this.#last
  }

  has(number) {
    return this.#values.has(number)
  }

  get(number) {
    return this.#values.get(number)
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
