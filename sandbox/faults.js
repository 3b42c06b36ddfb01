'use strict'
// The faults that a test has ordered, checked on arrival and handed out first come, first served.

const { validateHeaderName, validateHeaderValue } = require('node:http')

const { matcherOf, normalise } = require('./endpoint-names.js')
const { isRecord, rejectUnknown } = require('./options.js')

const SHORT_NAMES = { login: 'auth/accesstokenrequest', renew: 'auth/renewaccesstoken' }
const NAMED = ['hang', 'reset', 'cut', 'truncate', 'garbage', 'wrongHost', 'notExtending']
const KINDS = ['status', 'fault', 'penalty', 'latencyMs']
const KEYS = ['endpoint', 'times', ...KINDS, 'body', 'headers']
const LONGEST_TIMER = 2 ** 31 - 1

function matcher(endpoint) {
  if (typeof endpoint !== 'string') throw new TypeError('fault.endpoint must be a string')
  if (endpoint === 'any') return () => true
  if (endpoint === 'account') return called => called.startsWith('account/')
  const matches = matcherOf(SHORT_NAMES[endpoint] ?? endpoint)
  if (matches === undefined) {
    throw new TypeError(
      `fault.endpoint must be 'login', 'renew', 'account', 'any', a path such as 'order/list' or a domain such as 'order/*'`,
    )
  }
  return matches
}

function checkStatus({ status, body, headers }) {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError('fault.status must be a whole number from 200 to 599')
  }
  if (body !== undefined && typeof body !== 'string') throw new TypeError('fault.body must be a string')
  if (headers !== undefined) checkHeaders(headers)
}

function checkHeaders(headers) {
  const isStrings = isRecord(headers) && Object.values(headers).every(value => typeof value === 'string')
  if (!isStrings) throw new TypeError('fault.headers must be an object of strings')
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
}

function checkNamed({ endpoint, fault }) {
  if (!NAMED.includes(fault)) throw new TypeError(`fault.fault must be one of ${NAMED.join(', ')}`)
  if (fault === 'notExtending' && endpoint !== 'renew' && normalise(endpoint) !== SHORT_NAMES.renew) {
    throw new TypeError(`fault 'notExtending' needs endpoint 'renew'`)
  }
}

function checkPenalty({ penalty }) {
  if (!isRecord(penalty)) throw new TypeError('fault.penalty must be an object')
  rejectUnknown(penalty, ['seconds', 'captcha'], 'fault.penalty')
  if (!Number.isFinite(penalty.seconds) || penalty.seconds < 0) {
    throw new TypeError('fault.penalty.seconds must be a number from 0')
  }
  if (penalty.captcha !== undefined && typeof penalty.captcha !== 'boolean') {
    throw new TypeError('fault.penalty.captcha must be true or false')
  }
}

function checkLatency({ latencyMs }) {
  if (!(typeof latencyMs === 'number' && latencyMs >= 0 && latencyMs <= LONGEST_TIMER)) {
    throw new TypeError('fault.latencyMs must be a number of milliseconds from 0')
  }
}

const CHECKS = { status: checkStatus, fault: checkNamed, penalty: checkPenalty, latencyMs: checkLatency }

class Faults {
  #queue = []

  add(fault) {
    if (!isRecord(fault)) throw new TypeError('fault must be an object')
    rejectUnknown(fault, KEYS, 'fault')
    const matches = matcher(fault.endpoint)
    const { times = 1 } = fault
    if (times !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(times) && times > 0)) {
      throw new TypeError('fault.times must be a whole number from 1, or Infinity')
    }
    const kinds = KINDS.filter(kind => fault[kind] !== undefined)
    if (kinds.length !== 1) throw new TypeError(`fault must have exactly one of ${KINDS.join(', ')}`)
    const [kind] = kinds
    if (kind !== 'status' && (fault.body ?? fault.headers) !== undefined) {
      throw new TypeError('fault.body and fault.headers go with fault.status only')
    }
    CHECKS[kind](fault)
    this.#queue.push({ matches, left: times, order: { ...structuredClone(fault), kind: fault.fault ?? kind } })
  }

  /** The oldest fault that is meant for this endpoint, used up by one call; undefined if there is none. */
  take(endpoint) {
    const index = this.#queue.findIndex(({ matches }) => matches(endpoint))
    if (index === -1) return undefined
    const found = this.#queue[index]
    found.left -= 1
    if (found.left === 0) this.#queue.splice(index, 1)
    return found.order
  }

  clear() {
    this.#queue.length = 0
  }
}

module.exports = { Faults }
