'use strict'
// A Session: the token that the core keeps alive, as JavaScript sees it.

const { EventEmitter } = require('node:events')
const { inspect } = require('node:util')

const { Accounts } = require('./accounts.js')
const { parseAnswer } = require('./answer.js')
const { checkCredentials, credentialsFromEnvironment, credentialsFromFunction } = require('./credentials.js')
const { CurrentToken, noToken } = require('./current-token.js')
const { endpoint } = require('./endpoint.js')
const { errorFrom, ProtocolError, SessionError, unwrap } = require('./errors.js')
const { Events } = require('./events.js')
const { authorizeFrame, isMarketData, purposeName } = require('./hosts.js')
const { Limit } = require('./limit.js')
const { sessionOptions, sessionOptionsFromEnvironment, waitOptions } = require('./options.js')
const { statusFrom } = require('./status.js')
const { Thrown } = require('./thrown.js')

const asyncDispose = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')
const CONTENDED = 'ERR_TRADOVATE_CONTENDED'

function sessionOver({ calls, SessionHandle }) {
  const opening = Symbol('opening')

  class Session extends EventEmitter {
    #settings
    #ask
    #handle
    #accounts
    #events
    #thrown = new Thrown()
    #current = noToken
    #generation = 0
    #hosts
    #lastError = null
    #renewing
    #isOpen = false
    #closing

    static async open(credentials, options) {
      if (typeof credentials !== 'function') {
        const fixed = checkCredentials(credentials, 'an object or a function')
        return Session.#open(fixed, undefined, sessionOptions(options))
      }
      return Session.#open(undefined, credentials, sessionOptions(options))
    }

    static async fromEnvironment(options) {
      const settings = sessionOptionsFromEnvironment(options, process.env)
      return Session.#open(credentialsFromEnvironment(process.env), undefined, settings)
    }

    static async #open(fixed, ask, settings) {
      if (settings.signal?.aborted) throw settings.signal.reason
      if (!ask) return new Session(opening, settings).#start(fixed, settings.signal)
      // The core's own deadline starts only when the function has answered.
      const limit = new Limit(settings.signal, settings.timeoutMs, 'opening the session')
      try {
        const first = await limit.within(credentialsFromFunction(ask))
        return await new Session(opening, settings, ask).#start(first, limit.signal)
      } finally {
        limit.end()
      }
    }

    constructor(key, settings, ask) {
      if (key !== opening) throw new TypeError('A Session is made by Session.open() or Session.fromEnvironment()')
      super()
      this.#settings = settings
      this.#ask = ask
      this.#accounts = new Accounts((question, wait) => this.#askAccounts(question, wait), settings.timeoutMs)
      this.#events = new Events(this, settings.environment, this.#thrown)
      const { environment, baseUrl, timeoutMs, renewBeforeMs, onEviction, maxLogins, store } = settings
      const config = { environment, baseUrl, timeoutMs, renewBeforeMs, onEviction, maxLogins, store }
      const text = JSON.stringify({ ...config, asks: ask !== undefined })
      this.#handle = new SessionHandle(calls.bridge, text, () => this.#take())
    }

    get accessToken() {
      return this.#current.isGood() ? this.#current.value.accessToken : this.#recheck().accessToken
    }

    get mdAccessToken() {
      return this.#current.isGood() ? this.#current.value.mdAccessToken : this.#recheck().mdAccessToken
    }

    getAccessToken(options) {
      return options === undefined && this.#current.isFresh() ? this.#current.promise : this.#waitForToken(options)
    }

    async renew(options) {
      const { signal, timeoutMs } = waitOptions(options, this.#settings.timeoutMs)
      if (signal || options?.timeoutMs !== undefined) return this.#renew(signal, timeoutMs)
      this.#renewing ??= this.#renew(undefined, timeoutMs).finally(() => {
        this.#renewing = undefined
      })
      return this.#renewing
    }

    async getAccounts(options) {
      return this.#openAccounts().getAccounts(options)
    }

    async getAccount(id, options) {
      return this.#openAccounts().getAccount(id, options)
    }

    async getAccountsById(ids, options) {
      return this.#openAccounts().getAccountsById(ids, options)
    }

    async findAccount(name, options) {
      return this.#openAccounts().findAccount(name, options)
    }

    async suggestAccounts(text, limit, options) {
      return this.#openAccounts().suggestAccounts(text, limit, options)
    }

    async getAccountsOfUsers(userIds, options) {
      return this.#openAccounts().getAccountsOfUsers(userIds, options)
    }

    async getCashBalance(accountId, options) {
      return this.#openAccounts().getCashBalance(accountId, options)
    }

    async request(method, path, options) {
      const { call, wait } = endpoint(method, path, options, this.#settings.timeoutMs)
      return parseAnswer(await this.#send(call, wait), call.path)
    }

    host(purpose) {
      purposeName(purpose, 'purpose')
      this.#refuseIfClosed()
      return this.#hosts[purpose].host
    }

    webSocket(purpose) {
      purposeName(purpose, 'purpose')
      this.#refuseIfClosed()
      return {
        url: this.#hosts[purpose].webSocketUrl,
        authorize: id => authorizeFrame(id, isMarketData(purpose) ? this.#marketDataToken() : this.accessToken),
      }
    }

    status() {
      const status = statusFrom(JSON.parse(this.#handle.status()), this.#thrown)
      return this.#closing ? { ...status, state: 'closed' } : status
    }

    close() {
      this.#closing ??= this.#close()
      return this.#closing
    }

    [asyncDispose]() {
      return this.close()
    }

    toJSON() {
      const { state, environment, generation, expiresAt } = this.status()
      return { state, environment, generation, expiresAt }
    }

    [inspect.custom](_depth, options) {
      return `Session ${inspect(this.toJSON(), options)}`
    }

    async #start(credentials, signal) {
      try {
        const send = id => this.#handle.open(id, JSON.stringify(credentials))
        unwrap(await calls.start(send, signal, this.#arrived), this.#thrown)
      } catch (error) {
        // The opener learns why opening failed; nobody is left who could use a failure to close.
        this.close().catch(() => {})
        throw error
      }
      this.#take()
      if (this.#settings.keepProcessAlive) calls.hold()
      this.#isOpen = true
      this.#events.release()
      return this
    }

    async #close() {
      this.#current = noToken
      try {
        unwrap(await calls.start(id => this.#handle.close(id)), this.#thrown)
      } finally {
        if (this.#isOpen && this.#settings.keepProcessAlive) calls.release()
        this.#take()
      }
    }

    async #send({ method, path, query, body, purpose }, { signal, timeoutMs }) {
      this.#refuseIfClosed()
      const send = id => this.#handle.request(id, method, path, query, body, purpose, timeoutMs)
      return unwrap(await calls.start(send, signal, this.#arrived), this.#thrown)
    }

    async #askAccounts(question, { signal, timeoutMs }) {
      const send = id => this.#handle.accounts(id, JSON.stringify(question), timeoutMs)
      return parseAnswer(unwrap(await calls.start(send, signal, this.#arrived), this.#thrown), 'account')
    }

    async #renew(signal, timeoutMs) {
      this.#refuseIfClosed()
      const send = id => this.#handle.renew(id, this.#generation, timeoutMs)
      unwrap(await calls.start(send, signal, this.#arrived), this.#thrown)
      return this.#current.isGood() ? this.#current.value : this.#recheck()
    }

    async #waitForToken(options) {
      const { signal, timeoutMs } = waitOptions(options, this.#settings.timeoutMs)
      if (signal?.aborted) throw signal.reason
      if (this.#current.isFresh()) return this.#current.value
      this.#refuseIfClosed()
      unwrap(await calls.start(id => this.#handle.token(id, timeoutMs), signal, this.#arrived), this.#thrown)
      return this.#current.isFresh() ? this.#current.value : this.#recheck()
    }

    // Before a call's promise resolves, so that its caller finds the token that the call led to.
    #arrived = generation => {
      if (generation !== this.#generation) this.#take()
      this.#generation = Math.max(this.#generation, generation)
    }

    #take() {
      const { token, remainingMs, freshMs, hosts, lastError, events, asks } = JSON.parse(this.#handle.take())
      if (!this.#closing) {
        this.#setToken(token, remainingMs, freshMs)
        this.#hosts = hosts
        this.#lastError = lastError
        for (const ask of asks) this.#answer(ask)
      }
      this.#events.add(events)
    }

    #setToken(token, remainingMs, freshMs) {
      if (!token) {
        this.#current = noToken
        return
      }
      this.#generation = token.generation
      if (this.#current.value.generation === token.generation) this.#current.setTimes(remainingMs, freshMs)
      else this.#current = new CurrentToken(token, remainingMs, freshMs)
    }

    // The core corrects its clock by the server's: it may know the token to be good when ours was set forward.
    #recheck() {
      this.#refuseIfClosed()
      this.#take()
      if (this.#current.isGood()) return this.#current.value
      if (this.#lastError?.code === CONTENDED) throw errorFrom(this.#lastError, this.#thrown)
      const options = { code: 'ERR_TRADOVATE_EXPIRED' }
      if (this.#lastError) options.cause = errorFrom(this.#lastError, this.#thrown)
      throw new SessionError('The session has no token that is still good', options)
    }

    async #answer(ask) {
      try {
        const credentials = JSON.stringify(await credentialsFromFunction(this.#ask))
        if (!this.#closing) this.#handle.provide(ask, credentials)
      } catch (error) {
        if (!this.#closing) this.#handle.decline(ask, this.#thrown.keep(error))
      }
    }

    #marketDataToken() {
      const token = this.mdAccessToken
      if (token === undefined) throw new ProtocolError('Tradovate gave this login no market-data token')
      return token
    }

    #openAccounts() {
      this.#refuseIfClosed()
      return this.#accounts
    }

    #refuseIfClosed() {
      if (this.#closing) throw new SessionError('The session is closed', { code: 'ERR_TRADOVATE_CLOSED' })
    }
  }

  return Session
}

module.exports = { sessionOver }
