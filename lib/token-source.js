'use strict'
// A TokenSource has all that a bot does with a token. Sessions and dependents are both token sources.

const { EventEmitter } = require('node:events')
const { inspect } = require('node:util')

const { parseAnswer } = require('./answer.js')
const { asyncDispose } = require('./dispose.js')
const { ConfigError, ProtocolError } = require('../errors.js')
const { entityId, entityIds, fieldOf, integer, isObject, object, oneOf, refuse, text } = require('../input/checks.js')
const { WAIT_FIELDS, waitFields, waitOptions } = require('./options.js')

/** @typedef {import('../index.js').HostPurpose} HostPurpose */
/** @typedef {import('../index.js').WaitOptions} WaitOptions */
/** @typedef {import('../types/addon.js').SessionHandle} SessionHandle */

// The purposes of hosts, and the frame that authorises a WebSocket.

/** @type {readonly HostPurpose[]} */
const PURPOSES = ['live', 'demo', 'mdLive', 'mdDemo', 'replay', 'reportingLive', 'reportingDemo']
/** @type {readonly HostPurpose[]} */
const MARKET_DATA = ['mdLive', 'mdDemo']

/**
 * @param {unknown} value
 * @param {string} field
 */
function purposeName(value, field) {
  return oneOf(value, field, PURPOSES)
}

/** @param {HostPurpose} purpose */
function isMarketData(purpose) {
  return MARKET_DATA.includes(purpose)
}

/**
 * @param {unknown} id
 * @param {string} token
 */
function authorizeFrame(id, token) {
  return `authorize\n${integer(id, 'id', 0)}\n\n${token}`
}

// The questions about accounts, as JSON for the core, and the endpoints that answer them. The core makes the calls that each one needs.

const LONGEST_NAME = 64
const MOST_SUGGESTIONS = 2 ** 31 - 1

/** @typedef {import('./tracing.js').Endpoint & { text: string }} Question */

/**
 * @param {string} path
 * @param {string} call
 * @param {Record<string, unknown>} [fields]
 * @returns {Question}
 */
const question = (path, call, fields) => ({ method: 'GET', path, text: JSON.stringify({ call, ...fields }) })

const ALL = question('account/list', 'list')

const accounts = {
  all: () => ALL,
  /** @param {unknown} id */
  ofId: id => question('account/item', 'item', { id: entityId(id, 'id') }),
  /** @param {unknown} ids */
  ofIds: ids => question('account/items', 'items', { ids: entityIds(ids, 'ids') }),
  /** @param {unknown} name */
  named: name => question('account/find', 'find', { name: text(name, 'name', { least: 1, most: LONGEST_NAME }) }),
  /**
   * @param {unknown} start
   * @param {unknown} limit
   */
  like: (start, limit) =>
    question('account/suggest', 'suggest', {
      text: text(start, 'text', { least: 1, most: LONGEST_NAME }),
      limit: integer(limit, 'limit', 1, MOST_SUGGESTIONS),
    }),
  /** @param {unknown} userIds */
  ofUsers: userIds => {
    const ids = entityIds(userIds, 'userIds')
    return question(ids.length === 1 ? 'account/deps' : 'account/ldeps', 'ofUsers', { userIds: ids })
  },
  /**
   * @param {unknown} accountId
   * @returns {Question}
   */
  cashBalance: accountId => ({
    ...question('cashBalance/getcashbalancesnapshot', 'cashBalance', { accountId: entityId(accountId, 'accountId') }),
    method: 'POST',
  }),
}

// request() checks and encodes method, path, query and body.

/** @type {readonly ['GET', 'POST']} */
const METHODS = ['GET', 'POST']
const REQUEST_FIELDS = ['query', 'body', 'purpose', ...WAIT_FIELDS]
const PATH = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/
const AUTH_CALLS = ['auth/accesstokenrequest', 'auth/renewaccesstoken']

/** @param {unknown} value */
function pathText(value) {
  const wanted = "an endpoint like 'account/list': letters, digits, '-', '_', '.' and single '/'"
  if (typeof value !== 'string') return refuse('path', wanted)
  if (/[?#]/.test(value)) refuse('path', `${wanted}; parameters go into options.query`)
  const path = value.replace(/^\//, '')
  // A URL loses a lone dot on the way: the call would reach another endpoint than the one that was checked here.
  if (!PATH.test(path) || path.includes('..') || path.split('/').includes('.')) refuse('path', wanted)
  if (AUTH_CALLS.includes(path.toLowerCase())) {
    refuse('path', 'another endpoint: the session logs in and renews by itself, and renew() renews now')
  }
  return path
}

/**
 * @param {string | number | boolean} value
 * @param {string} field
 */
function encoded(value, field) {
  if (!String(value).isWellFormed()) refuse(field, 'text without lone surrogates')
  return encodeURIComponent(value)
}

/**
 * Separates the elements of a list, such as one of ids, by commas.
 *
 * @param {unknown} value
 * @param {string} field
 */
function queryValue(value, field) {
  const isList = Array.isArray(value) && value.length > 0 && Array.from(value).every(Number.isFinite)
  if (isList) return value.join(',')
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return refuse(field, 'a string, a finite number, a boolean or a list of numbers that is not empty')
}

/** @param {unknown} query */
function queryText(query) {
  if (query === undefined) return ''
  if (!isObject(query)) {
    return refuse('options.query', 'an object of strings, finite numbers, booleans and lists of numbers')
  }
  const pairs = Object.entries(query).map(([name, value]) => {
    const field = fieldOf('options.query', name)
    return `${encoded(name, field)}=${encoded(queryValue(value, field), field)}`
  })
  return pairs.join('&')
}

/**
 * @param {unknown} body
 * @returns {string | undefined}
 */
function json(body) {
  try {
    return JSON.stringify(body)
  } catch {
    return undefined
  }
}

/**
 * @param {unknown} body
 * @param {string} method
 */
function bodyText(body, method) {
  if (body === undefined) return null
  if (method === 'GET') throw new ConfigError('options.body must be absent with GET')
  const text = json(body)
  if (text === undefined) refuse('options.body', 'a value that JSON can hold')
  return text
}

/**
 * @param {unknown} method
 * @param {unknown} path
 * @param {unknown} options
 * @param {number} [defaultTimeoutMs]
 */
function endpoint(method, path, options = {}, defaultTimeoutMs) {
  const verb = oneOf(method, 'method', METHODS)
  const given = object(options, 'options', REQUEST_FIELDS)
  return {
    call: {
      method: verb,
      path: pathText(path),
      query: queryText(given.query),
      body: bodyText(given.body, verb),
      purpose: given.purpose === undefined ? null : purposeName(given.purpose, 'options.purpose'),
    },
    wait: waitFields(given, defaultTimeoutMs),
  }
}

class TokenSource extends EventEmitter {
  #cache
  #timeoutMs

  /**
   * @param {InstanceType<typeof import('./token-cache.js').TokenCache>} cache
   * @param {number} timeoutMs The default for each wait.
   */
  constructor(cache, timeoutMs) {
    super()
    this.#cache = cache
    this.#timeoutMs = timeoutMs
    cache.tell(this)
  }

  get accessToken() {
    return this.#cache.value.accessToken
  }

  get mdAccessToken() {
    return this.#cache.value.mdAccessToken
  }

  /** @param {WaitOptions} [options] */
  getAccessToken(options) {
    return (options === undefined && this.#cache.fresh) || this.#waitForToken(options)
  }

  /** @param {WaitOptions} [options] */
  getAccounts(options) {
    return this.#answer(accounts.all, options)
  }

  /**
   * @param {number} id
   * @param {WaitOptions} [options]
   */
  getAccount(id, options) {
    return this.#answer(() => accounts.ofId(id), options)
  }

  /**
   * @param {number[]} ids
   * @param {WaitOptions} [options]
   */
  getAccountsById(ids, options) {
    return this.#answer(() => accounts.ofIds(ids), options)
  }

  /**
   * @param {string} name
   * @param {WaitOptions} [options]
   */
  findAccount(name, options) {
    return this.#answer(() => accounts.named(name), options)
  }

  /**
   * @param {string} text
   * @param {number} limit
   * @param {WaitOptions} [options]
   */
  suggestAccounts(text, limit, options) {
    return this.#answer(() => accounts.like(text, limit), options)
  }

  /**
   * @param {number[]} userIds
   * @param {WaitOptions} [options]
   */
  getAccountsOfUsers(userIds, options) {
    return this.#answer(() => accounts.ofUsers(userIds), options)
  }

  /**
   * @param {number} accountId
   * @param {WaitOptions} [options]
   */
  getCashBalance(accountId, options) {
    return this.#answer(() => accounts.cashBalance(accountId), options)
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {import('../index.js').RequestOptions} [options]
   */
  async request(method, path, options) {
    const { call, wait } = endpoint(method, path, options, this.#timeoutMs)
    const { query, body, purpose } = call
    const answer = await this.#cache.call(
      (handle, id) => handle.request(id, call.method, call.path, query, body, purpose, wait.timeoutMs),
      wait.signal,
      call,
    )
    return parseAnswer(answer, call.path)
  }

  /** @param {HostPurpose} purpose */
  host(purpose) {
    return this.#cache.host(purposeName(purpose, 'purpose')).host
  }

  /** @param {HostPurpose} purpose */
  webSocket(purpose) {
    return {
      url: this.#cache.host(purposeName(purpose, 'purpose')).webSocketUrl,
      /** @param {number} id */
      authorize: id => authorizeFrame(id, isMarketData(purpose) ? this.#marketDataToken() : this.accessToken),
    }
  }

  status() {
    return this.#cache.status()
  }

  close() {
    return this.#cache.close()
  }

  [asyncDispose]() {
    return this.close()
  }

  toJSON() {
    const { state, environment, generation, expiresAt } = this.status()
    return { state, environment, generation, expiresAt }
  }

  /**
   * @param {number} _depth
   * @param {import('node:util').InspectOptions} options
   */
  [inspect.custom](_depth, options) {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`
  }

  /** @param {WaitOptions} [options] */
  async #waitForToken(options) {
    const { signal, timeoutMs } = waitOptions(options, this.#timeoutMs)
    if (signal?.aborted) throw signal.reason
    const fresh = this.#cache.fresh
    if (fresh) return fresh
    await this.#cache.call((handle, id) => handle.token(id, timeoutMs), signal)
    return this.#cache.value
  }

  /**
   * @param {() => Question} ask Its error rejects the promise of the answer.
   * @param {WaitOptions} [options]
   */
  async #answer(ask, options) {
    const question = ask()
    const { signal, timeoutMs } = waitOptions(options, this.#timeoutMs)
    const send = (/** @type {SessionHandle} */ handle, /** @type {number} */ id) =>
      handle.accounts(id, question.text, timeoutMs)
    const answer = await this.#cache.call(send, signal, question)
    return parseAnswer(answer, 'account')
  }

  #marketDataToken() {
    const token = this.mdAccessToken
    if (token === undefined) throw new ProtocolError('Tradovate gave this login no market-data token')
    return token
  }
}

module.exports = { METHODS, PURPOSES, TokenSource, endpoint }
