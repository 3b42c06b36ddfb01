'use strict'
// What a session and a dependent have in common: everything that a bot does with a token, wherever it comes from.

const { EventEmitter } = require('node:events')
const { inspect } = require('node:util')

const { accounts } = require('./accounts.js')
const { parseAnswer } = require('./answer.js')
const { endpoint } = require('./endpoint.js')
const { ProtocolError } = require('./errors.js')
const { authorizeFrame, isMarketData, purposeName } = require('./hosts.js')
const { waitOptions } = require('./options.js')

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

module.exports = { asyncDispose, TokenSource }
