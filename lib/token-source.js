'use strict'
// What a session and a dependent have in common: everything that a bot does with a token, wherever it comes from.

const { EventEmitter } = require('node:events')
const { inspect } = require('node:util')

const { parseAnswer } = require('./answer.js')
const { ConfigError, ProtocolError } = require('./errors.js')
const { entityId, entityIds, fieldOf, integer, isObject, object, oneOf, refuse, text } = require('./input.js')
const { WAIT_FIELDS, waitFields, waitOptions } = require('./options.js')

// What a host is used for, and the frame that authorises a WebSocket.

const PURPOSES = ['live', 'demo', 'mdLive', 'mdDemo', 'replay', 'reportingLive', 'reportingDemo']
const MARKET_DATA = ['mdLive', 'mdDemo']

function purposeName(value, field) {
  return oneOf(value, field, PURPOSES)
}

function isMarketData(purpose) {
  return MARKET_DATA.includes(purpose)
}

function authorizeFrame(id, token) {
  return `authorize\n${integer(id, 'id', 0)}\n\n${token}`
}

// The questions about accounts, in the JSON that the core takes; it makes the calls that each one needs.

const LONGEST_NAME = 64
const MOST_SUGGESTIONS = 2 ** 31 - 1

const question = (call, fields) => JSON.stringify({ call, ...fields })

const ALL = question('list')

const accounts = {
  all: () => ALL,
  ofId: id => question('item', { id: entityId(id, 'id') }),
  ofIds: ids => question('items', { ids: entityIds(ids, 'ids') }),
  named: name => question('find', { name: text(name, 'name', { least: 1, most: LONGEST_NAME }) }),
  like: (start, limit) =>
    question('suggest', {
      text: text(start, 'text', { least: 1, most: LONGEST_NAME }),
      limit: integer(limit, 'limit', 1, MOST_SUGGESTIONS),
    }),
  ofUsers: userIds => question('ofUsers', { userIds: entityIds(userIds, 'userIds') }),
  cashBalance: accountId => question('cashBalance', { accountId: entityId(accountId, 'accountId') }),
}

// What request() sends: method, path, query and body, checked and encoded.

const METHODS = ['GET', 'POST']
const REQUEST_FIELDS = ['query', 'body', 'purpose', ...WAIT_FIELDS]
const PATH = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/
const AUTH_CALLS = ['auth/accesstokenrequest', 'auth/renewaccesstoken']

function pathText(value) {
  const wanted = "an endpoint like 'account/list': letters, digits, '-', '_', '.' and single '/'"
  if (typeof value !== 'string') refuse('path', wanted)
  if (/[?#]/.test(value)) refuse('path', `${wanted}; parameters go into options.query`)
  const path = value.replace(/^\//, '')
  // A lone dot would be dropped on the way, and another endpoint reached than was checked here.
  if (!PATH.test(path) || path.includes('..') || path.split('/').includes('.')) refuse('path', wanted)
  if (AUTH_CALLS.includes(path.toLowerCase())) {
    refuse('path', 'another endpoint: the session logs in and renews by itself, and renew() renews now')
  }
  return path
}

function encoded(value, field) {
  if (!String(value).isWellFormed()) refuse(field, 'text without lone surrogates')
  return encodeURIComponent(value)
}

// A list, such as that of ids, is separated by commas.
function queryValue(value, field) {
  const isList = Array.isArray(value) && value.length > 0 && Array.from(value).every(Number.isFinite)
  if (isList) return value.join(',')
  if (typeof value !== 'string' && typeof value !== 'boolean' && !Number.isFinite(value)) {
    refuse(field, 'a string, a finite number, a boolean or a list of numbers that is not empty')
  }
  return value
}

function queryText(query) {
  if (query === undefined) return ''
  if (!isObject(query)) refuse('options.query', 'an object of strings, finite numbers, booleans and lists of numbers')
  const pairs = Object.entries(query).map(([name, value]) => {
    const field = fieldOf('options.query', name)
    return `${encoded(name, field)}=${encoded(queryValue(value, field), field)}`
  })
  return pairs.join('&')
}

function json(body) {
  try {
    return JSON.stringify(body)
  } catch {
    return undefined
  }
}

function bodyText(body, method) {
  if (body === undefined) return null
  if (method === 'GET') throw new ConfigError('options.body must be absent with GET')
  const text = json(body)
  if (text === undefined) refuse('options.body', 'a value that JSON can hold')
  return text
}

function endpoint(method, path, options = {}, defaultTimeoutMs = undefined) {
  oneOf(method, 'method', METHODS)
  const given = object(options, 'options', REQUEST_FIELDS)
  return {
    call: {
      method,
      path: pathText(path),
      query: queryText(given.query),
      body: bodyText(given.body, method),
      purpose: given.purpose === undefined ? null : purposeName(given.purpose, 'options.purpose'),
    },
    wait: waitFields(given, defaultTimeoutMs),
  }
}

const asyncDispose = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')

class TokenSource extends EventEmitter {
  #cache
  #timeoutMs

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

  getAccessToken(options) {
    return (options === undefined && this.#cache.fresh) || this.#waitForToken(options)
  }

  getAccounts(options) {
    return this.#answer(accounts.all, options)
  }

  getAccount(id, options) {
    return this.#answer(() => accounts.ofId(id), options)
  }

  getAccountsById(ids, options) {
    return this.#answer(() => accounts.ofIds(ids), options)
  }

  findAccount(name, options) {
    return this.#answer(() => accounts.named(name), options)
  }

  suggestAccounts(text, limit, options) {
    return this.#answer(() => accounts.like(text, limit), options)
  }

  getAccountsOfUsers(userIds, options) {
    return this.#answer(() => accounts.ofUsers(userIds), options)
  }

  getCashBalance(accountId, options) {
    return this.#answer(() => accounts.cashBalance(accountId), options)
  }

  async request(method, path, options) {
    const { call, wait } = endpoint(method, path, options, this.#timeoutMs)
    const { query, body, purpose } = call
    const send = (handle, id) => handle.request(id, method, call.path, query, body, purpose, wait.timeoutMs)
    return parseAnswer(await this.#cache.call(send, wait.signal), call.path)
  }

  host(purpose) {
    return this.#cache.host(purposeName(purpose, 'purpose')).host
  }

  webSocket(purpose) {
    return {
      url: this.#cache.host(purposeName(purpose, 'purpose')).webSocketUrl,
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

  [inspect.custom](_depth, options) {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`
  }

  async #waitForToken(options) {
    const { signal, timeoutMs } = waitOptions(options, this.#timeoutMs)
    if (signal?.aborted) throw signal.reason
    const fresh = this.#cache.fresh
    if (fresh) return fresh
    await this.#cache.call((handle, id) => handle.token(id, timeoutMs), signal)
    return this.#cache.value
  }

  // Whatever is wrong with a question rejects the promise of its answer.
  async #answer(question, options) {
    const text = question()
    const { signal, timeoutMs } = waitOptions(options, this.#timeoutMs)
    const send = (handle, id) => handle.accounts(id, text, timeoutMs)
    return parseAnswer(await this.#cache.call(send, signal), 'account')
  }

  #marketDataToken() {
    const token = this.mdAccessToken
    if (token === undefined) throw new ProtocolError('Tradovate gave this login no market-data token')
    return token
  }
}

module.exports = { TokenSource, accounts, asyncDispose, authorizeFrame, endpoint, isMarketData, purposeName }
