'use strict'
// A TokenSource has all that a bot does with a token. Sessions and dependents are both token sources.

const { EventEmitter } = require('node:events')
const { performance } = require('node:perf_hooks')
const { inspect } = require('node:util')

const { parseAnswer } = require('./answer.js')
const { asyncDispose } = require('./dispose.js')
const { ProtocolError } = require('../errors.js')
const { CALL_FIELDS, callOf, methodName, pathText, purposeName, targetText } = require('./endpoint.js')
const { entityId, entityIds, integer, object, text } = require('../input/checks.js')
const { BaseUrls, bodyText, readRequest, responseFrom } = require('./fetch.js')
const { WAIT_FIELDS, waitFields, waitOptions } = require('./options.js')

/** @typedef {import('../index.js').HostPurpose} HostPurpose */
/** @typedef {import('../index.js').WaitOptions} WaitOptions */
/** @typedef {import('../types/addon.js').SessionHandle} SessionHandle */

// The frame that authorises a WebSocket.

/** @type {readonly HostPurpose[]} */
const MARKET_DATA = ['mdLive', 'mdDemo']

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

const REQUEST_FIELDS = [...CALL_FIELDS, ...WAIT_FIELDS]
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

/**
 * @param {unknown} method
 * @param {unknown} path
 * @param {unknown} options
 * @param {number} [defaultTimeoutMs]
 */
function endpoint(method, path, options = {}, defaultTimeoutMs) {
  const verb = methodName(method)
  const given = object(options, 'options', REQUEST_FIELDS)
  return { call: callOf(verb, path, given), wait: waitFields(given, defaultTimeoutMs) }
}

class TokenSource extends EventEmitter {
  #cache
  #timeoutMs
  #baseUrls
  /**
   * The arguments of fetches under way, held here so that no Request is collected before its call has ended.
   *
   * @type {Set<object>}
   */
  #requests = new Set()

  /**
   * A property, since clients take it as a bare function.
   *
   * @param {string | URL | Request} input
   * @param {RequestInit} [init]
   */
  fetch = async (input, init) => this.#fetch(readRequest(input, init))

  /**
   * @param {InstanceType<typeof import('./token-cache.js').TokenCache>} cache
   * @param {number} timeoutMs The default for each wait.
   */
  constructor(cache, timeoutMs) {
    super()
    this.#cache = cache
    this.#timeoutMs = timeoutMs
    this.#baseUrls = new BaseUrls(
      () => this.status().environment,
      purpose => cache.host(purpose),
    )
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
    return this.#host(purpose).host
  }

  /** @param {HostPurpose} purpose */
  webSocket(purpose) {
    return {
      url: this.#host(purpose).webSocketUrl,
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

  /** @param {HostPurpose} purpose */
  #host(purpose) {
    const told = this.#cache.host(purposeName(purpose, 'purpose'))
    this.#baseUrls.give(purpose, told.baseUrl)
    return told
  }

  /** @param {import('./fetch.js').ReadRequest} request */
  async #fetch(request) {
    const since = performance.now()
    const method = methodName(request.method)
    this.#cache.refuseIfClosed('not-sent')
    const { purpose, path, query } = this.#baseUrls.find(request.target)
    const call = { method, ...targetText(pathText(path, method), query), purpose }
    const { signal } = request
    if (signal?.aborted) throw signal.reason
    this.#requests.add(request)
    try {
      const body = await bodyText(request, this.#timeoutMs)
      const timeoutMs = Math.max(1, Math.round(this.#timeoutMs - (performance.now() - since)))
      const text = JSON.stringify({ ...call, body, timeoutMs })
      const { head, bytes } = await this.#cache.fetch((handle, id) => handle.fetch(id, text), signal, call)
      return responseFrom(JSON.parse(head), bytes)
    } finally {
      this.#requests.delete(request)
    }
  }

  #marketDataToken() {
    const token = this.mdAccessToken
    if (token === undefined) throw new ProtocolError('Tradovate gave this login no market-data token')
    return token
  }
}

module.exports = { TokenSource, endpoint }
