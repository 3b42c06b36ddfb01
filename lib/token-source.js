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
  #kept
  #timeoutMs

  constructor(kept, timeoutMs) {
    super()
    this.#kept = kept
    this.#timeoutMs = timeoutMs
    kept.tell(this)
  }

  get accessToken() {
    return this.#kept.value.accessToken
  }

  get mdAccessToken() {
    return this.#kept.value.mdAccessToken
  }

  getAccessToken(options) {
    return (options === undefined && this.#kept.fresh) || this.#waitForToken(options)
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
    return parseAnswer(await this.#kept.call(send, wait.signal), call.path)
  }

  host(purpose) {
    return this.#kept.host(purposeName(purpose, 'purpose')).host
  }

  webSocket(purpose) {
    return {
      url: this.#kept.host(purposeName(purpose, 'purpose')).webSocketUrl,
      authorize: id => authorizeFrame(id, isMarketData(purpose) ? this.#marketDataToken() : this.accessToken),
    }
  }

  status() {
    return this.#kept.status()
  }

  close() {
    return this.#kept.close()
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
    const fresh = this.#kept.fresh
    if (fresh) return fresh
    await this.#kept.call((handle, id) => handle.token(id, timeoutMs), signal)
    return this.#kept.value
  }

  // Whatever is wrong with a question rejects the promise of its answer.
  async #answer(question, options) {
    const text = question()
    const { signal, timeoutMs } = waitOptions(options, this.#timeoutMs)
    const send = (handle, id) => handle.accounts(id, text, timeoutMs)
    return parseAnswer(await this.#kept.call(send, signal), 'account')
  }

  #marketDataToken() {
    const token = this.mdAccessToken
    if (token === undefined) throw new ProtocolError('Tradovate gave this login no market-data token')
    return token
  }
}

module.exports = { asyncDispose, TokenSource }
