'use strict'
// A Session has a token that the core requests and keeps alive.

const { checkCredentials, credentialsFromEnvironment, credentialsFromFunction } = require('../input/credentials.js')
const { Deadline } = require('./deadline.js')
const { sessionOptions, sessionOptionsFromEnvironment, waitOptions } = require('./options.js')
const { servicesOver } = require('./service.js')
const { TokenCache } = require('./token-cache.js')
const { TokenSource } = require('./token-source.js')

/** @typedef {import('../index.js').CredentialsSource} CredentialsSource */
/** @typedef {import('../index.js').Credentials} Credentials */
/** @typedef {import('../index.js').SessionOptions} SessionOptions */
/** @typedef {import('../index.js').WaitOptions} WaitOptions */
/** @typedef {ReturnType<typeof sessionOptions> & { resume: boolean }} Settings */
/** @typedef {() => unknown} Ask Gives credentials. */

/** @param {import('./binding.js').Binding} binding */
function sessionOver(binding) {
  const opening = Symbol('opening')
  const { openService } = servicesOver(binding)

  class Session extends TokenSource {
    #cache
    #settings
    /** @type {Promise<import('../index.js').AccessToken> | undefined} */
    #renewing
    /** @type {Parameters<typeof openService>[2]} */
    #services = new Set()
    /** @type {Promise<void> | undefined} */
    #closing

    /**
     * @param {CredentialsSource} credentials
     * @param {SessionOptions} [options]
     */
    static async open(credentials, options) {
      return Session.#openWith(credentials, options, false)
    }

    /**
     * @param {CredentialsSource} credentials
     * @param {SessionOptions} [options]
     */
    static async openResumed(credentials, options) {
      return Session.#openWith(credentials, options, true)
    }

    /** @param {SessionOptions} [options] */
    static async fromEnvironment(options) {
      const settings = { ...sessionOptionsFromEnvironment(options, process.env), resume: false }
      return Session.#open(credentialsFromEnvironment(process.env), undefined, settings)
    }

    /**
     * @param {CredentialsSource} credentials
     * @param {SessionOptions | undefined} options
     * @param {boolean} resume Whether a person says that what they were asked to do is done.
     */
    static async #openWith(credentials, options, resume) {
      const ask = typeof credentials === 'function' ? credentials : undefined
      const fixed = ask ? undefined : checkCredentials(credentials, 'an object or a function')
      return Session.#open(fixed, ask, { ...sessionOptions(options), resume })
    }

    /**
     * @param {Credentials | undefined} fixed
     * @param {Ask | undefined} ask Given where no credentials are.
     * @param {Settings} settings
     */
    static async #open(fixed, ask, settings) {
      if (settings.signal?.aborted) throw settings.signal.reason
      if (!ask) {
        await binding.calls.ready()
        return new Session(opening, settings).#start(/** @type {Credentials} */ (fixed), false, settings.signal)
      }
      // The core's own deadline starts after the function has answered.
      const deadline = new Deadline(settings.signal, settings.timeoutMs, 'opening the session')
      try {
        const first = await deadline.within(credentialsFromFunction(ask))
        deadline.outcome = 'unknown'
        return await new Session(opening, settings, ask).#start(first, true, deadline.signal)
      } finally {
        deadline.end()
      }
    }

    /**
     * @param {symbol} key
     * @param {Settings} settings
     * @param {Ask} [ask]
     */
    constructor(key, settings, ask) {
      if (key !== opening) throw new TypeError('A Session is made by Session.open() or Session.fromEnvironment()')
      const { keepProcessAlive, timeoutMs } = settings
      const cache = new TokenCache(binding, { noun: 'session', keepProcessAlive }, ask)
      super(cache, timeoutMs)
      this.#cache = cache
      this.#settings = settings
    }

    /** @param {WaitOptions} [options] */
    async renew(options) {
      const { signal, timeoutMs } = waitOptions(options, this.#settings.timeoutMs)
      if (signal || options?.timeoutMs !== undefined) return this.#renew(signal, timeoutMs)
      this.#renewing ??= this.#renew(undefined, timeoutMs).finally(() => {
        this.#renewing = undefined
      })
      return this.#renewing
    }

    /** @param {WaitOptions} [options] */
    async resume(options) {
      const { signal, timeoutMs } = waitOptions(options, this.#settings.timeoutMs)
      await this.#cache.call((handle, id) => handle.resume(id, timeoutMs), signal)
    }

    /** @param {unknown} options */
    async serve(options) {
      const service = await openService(this.#cache, options, this.#services)
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

    // A service ends with its session. Its dependents find that it is gone, and keep a token that is as good as before.
    async #close() {
      const services = Array.from(this.#services, service => service.close())
      await Promise.all([super.close(), ...services])
    }

    /**
     * @param {Credentials} credentials
     * @param {boolean} asks Whether a function gives the credentials of later logins.
     * @param {AbortSignal | undefined} signal
     */
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
      const texts = /** @type {const} */ ([JSON.stringify(config), JSON.stringify(credentials)])
      await this.#cache.open((handle, id) => handle.open(id, ...texts, store.key), signal)
      return this
    }

    /**
     * @param {AbortSignal | undefined} signal
     * @param {number} timeoutMs
     */
    async #renew(signal, timeoutMs) {
      await this.#cache.call((handle, id) => handle.renew(id, this.#cache.generation, timeoutMs), signal)
      return this.#cache.value
    }
  }

  return { Session }
}

module.exports = { Deadline, sessionOver }
