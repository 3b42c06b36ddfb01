'use strict'
// A Session: the token that the core requests and keeps alive, as JavaScript sees it.

const { checkCredentials, credentialsFromEnvironment, credentialsFromFunction } = require('./credentials.js')
const { TokenCache } = require('./token-cache.js')
const { Deadline } = require('./deadline.js')
const { sessionOptions, sessionOptionsFromEnvironment, waitOptions } = require('./options.js')
const { serviceOver } = require('./service.js')
const { TokenSource } = require('./token-source.js')

function sessionOver(binding) {
  const opening = Symbol('opening')
  const TokenService = serviceOver(binding)
  let openResumed

  class Session extends TokenSource {
    #cache
    #settings
    #renewing
    #services = new Set()
    #closing

    static {
      openResumed = async (credentials, options) => Session.#openWith(credentials, options, true)
    }

    static async open(credentials, options) {
      return Session.#openWith(credentials, options, false)
    }

    static async fromEnvironment(options) {
      const settings = { ...sessionOptionsFromEnvironment(options, process.env), resume: false }
      return Session.#open(credentialsFromEnvironment(process.env), undefined, settings)
    }

    static async #openWith(credentials, options, resume) {
      const isFunction = typeof credentials === 'function'
      const fixed = isFunction ? undefined : checkCredentials(credentials, 'an object or a function')
      return Session.#open(fixed, isFunction ? credentials : undefined, { ...sessionOptions(options), resume })
    }

    static async #open(fixed, ask, settings) {
      if (settings.signal?.aborted) throw settings.signal.reason
      if (!ask) return new Session(opening, settings).#start(fixed, false, settings.signal)
      // The core's own deadline starts only when the function has answered.
      const deadline = new Deadline(settings.signal, settings.timeoutMs, 'opening the session')
      try {
        const first = await deadline.within(credentialsFromFunction(ask))
        deadline.outcome = 'unknown'
        return await new Session(opening, settings, ask).#start(first, true, deadline.signal)
      } finally {
        deadline.end()
      }
    }

    constructor(key, settings, ask) {
      if (key !== opening) throw new TypeError('A Session is made by Session.open() or Session.fromEnvironment()')
      const { keepProcessAlive, timeoutMs } = settings
      const cache = new TokenCache(binding, { noun: 'session', keepProcessAlive }, ask)
      super(cache, timeoutMs)
      this.#cache = cache
      this.#settings = settings
    }

    async renew(options) {
      const { signal, timeoutMs } = waitOptions(options, this.#settings.timeoutMs)
      if (signal || options?.timeoutMs !== undefined) return this.#renew(signal, timeoutMs)
      this.#renewing ??= this.#renew(undefined, timeoutMs).finally(() => {
        this.#renewing = undefined
      })
      return this.#renewing
    }

    async resume(options) {
      const { signal, timeoutMs } = waitOptions(options, this.#settings.timeoutMs)
      await this.#cache.call((handle, id) => handle.resume(id, timeoutMs), signal)
    }

    async serve(options) {
      const service = await TokenService.open(this.#cache, options, this.#services)
      if (this.#closing) {
        await service.close()
        this.#cache.refuseIfClosed()
      }
      return service
    }

    close() {
      this.#closing ??= this.#close()
      return this.#closing
    }

    // A service without its session is none. Its dependents find it gone, and their token as good as before.
    async #close() {
      const services = Array.from(this.#services, service => service.close())
      await Promise.all([super.close(), ...services])
    }

    async #start(credentials, asks, signal) {
      const { environment, baseUrl, timeoutMs, renewBeforeMs, onEviction, maxLogins, store, resume } = this.#settings
      const config = {
        environment,
        baseUrl,
        timeoutMs,
        renewBeforeMs,
        onEviction,
        maxLogins,
        store: store.config,
        asks,
        resume,
      }
      const send = (handle, id) => handle.open(id, JSON.stringify(config), JSON.stringify(credentials), store.key)
      await this.#cache.open(send, signal)
      return this
    }

    async #renew(signal, timeoutMs) {
      await this.#cache.call((handle, id) => handle.renew(id, this.#cache.generation, timeoutMs), signal)
      return this.#cache.value
    }
  }

  // `openResumed` opens a session with a person's word that what they were asked to do is done.
  return { Session, openResumed }
}

module.exports = { sessionOver }
