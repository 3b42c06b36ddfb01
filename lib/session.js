'use strict'
// A Session: the token that the core requests and keeps alive, as JavaScript sees it.

const { clearTimeout, setTimeout } = require('node:timers')

const { checkCredentials, credentialsFromEnvironment, credentialsFromFunction } = require('./credentials.js')
const { NetworkError } = require('./errors.js')
const { sessionOptions, sessionOptionsFromEnvironment, waitOptions } = require('./options.js')
const { serviceOver } = require('./service.js')
const { TokenCache } = require('./token-cache.js')
const { TokenSource } = require('./token-source.js')

// One signal for work in several parts: it aborts with the caller's signal, at the deadline, or when a part has failed.

class Deadline {
  #controller = new AbortController()
  // What has become of the work's call so far, for the error of the deadline.
  outcome = 'not-sent'
  #given
  #forward
  #timer

  constructor(signal, timeoutMs, what) {
    const expire = () => {
      const message = `${what} was not done within ${timeoutMs} ms`
      this.abort(new NetworkError(message, { code: 'ERR_TRADOVATE_TIMEOUT', outcome: this.outcome }))
    }
    this.#timer = setTimeout(expire, timeoutMs)
    this.#given = signal
    this.#forward = () => this.abort(signal.reason)
    signal?.addEventListener('abort', this.#forward, { once: true })
  }

  get signal() {
    return this.#controller.signal
  }

  abort(reason) {
    this.#controller.abort(reason)
  }

  // What `promise` comes to, unless the deadline is reached first.
  async within(promise) {
    let stop
    const reached = new Promise((_, reject) => {
      stop = () => reject(this.signal.reason)
      if (this.signal.aborted) stop()
      else this.signal.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([promise, reached])
    } finally {
      this.signal.removeEventListener('abort', stop)
    }
  }

  end() {
    clearTimeout(this.#timer)
    this.#given?.removeEventListener('abort', this.#forward)
  }
}

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
      const { environment, baseUrl, timeoutMs, renewBeforeMs, onEviction, maxLogins, store, resume, keepWarm } =
        this.#settings
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
        keepWarm,
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

module.exports = { Deadline, sessionOver }
