'use strict'
// A token service: a session's token for the other processes of this user, served off the event loop.

const { inspect } = require('node:util')

const { unwrap } = require('./errors.js')
const { connectOptions, serveOptions } = require('./options.js')
const { TokenCache } = require('./token-cache.js')
const { TokenSource, asyncDispose } = require('./token-source.js')

// An open service stays, as an HTTP server does, even if nobody holds it.
const everyService = new Set()

/** An address that is taken before there is a session to serve at it. Whoever binds it closes it. */
class BoundAddress {
  #calls
  #handle

  static async at(options, { calls, ServiceHandle }) {
    const bound = new BoundAddress(calls, new ServiceHandle(calls.bridge))
    const settings = JSON.stringify(serveOptions(options))
    unwrap(await calls.start(id => bound.#handle.bind(id, settings)))
    return bound
  }

  constructor(calls, handle) {
    this.#calls = calls
    this.#handle = handle
  }

  get handle() {
    return this.#handle
  }

  async close() {
    unwrap(await this.#calls.start(id => this.#handle.close(id)))
  }
}

function serviceOver({ calls, ServiceHandle }) {
  const opening = Symbol('opening')

  class TokenService {
    #handle
    #address
    #metricsPort
    #siblings
    #closing

    // `where` is a BoundAddress, or the options of serve(); `siblings` holds the open services of one session.
    static async open(cache, where, siblings) {
      const isBound = where instanceof BoundAddress
      const settings = isBound ? null : serveOptions(where)
      const service = new TokenService(opening, siblings, isBound ? where.handle : new ServiceHandle(calls.bridge))
      await service.#open(cache, settings)
      return service
    }

    constructor(key, siblings, handle) {
      if (key !== opening) throw new TypeError('A TokenService is made by session.serve()')
      this.#siblings = siblings
      this.#handle = handle
    }

    get address() {
      return this.#address
    }

    get metricsPort() {
      return this.#metricsPort
    }

    close() {
      this.#closing ??= this.#close()
      return this.#closing
    }

    [asyncDispose]() {
      return this.close()
    }

    toJSON() {
      return { address: this.#address, metricsPort: this.#metricsPort }
    }

    [inspect.custom](_depth, options) {
      return `TokenService ${inspect(this.toJSON(), options)}`
    }

    async #open(cache, settings) {
      const text = await cache.call((handle, id) => handle.serve(id, this.#handle, JSON.stringify(settings)))
      const { address, metricsPort } = JSON.parse(text)
      this.#address = Object.freeze(address)
      this.#metricsPort = metricsPort ?? undefined
      calls.hold()
      for (const services of [everyService, this.#siblings]) services.add(this)
    }

    async #close() {
      try {
        unwrap(await calls.start(id => this.#handle.close(id)))
      } finally {
        calls.release()
        for (const services of [everyService, this.#siblings]) services.delete(this)
      }
    }
  }

  return TokenService
}

// A TokenClient: a dependent, whose token comes from a token service and never from a login of its own.

function clientOver(binding) {
  const opening = Symbol('opening')

  class TokenClient extends TokenSource {
    constructor(key, cache, timeoutMs) {
      if (key !== opening) throw new TypeError('A TokenClient is made by connect()')
      super(cache, timeoutMs)
    }
  }

  async function connect(options) {
    const { signal, ...settings } = connectOptions(options)
    if (signal?.aborted) throw signal.reason
    const cache = new TokenCache(binding, { noun: 'token client' })
    const client = new TokenClient(opening, cache, settings.timeoutMs)
    await cache.open((handle, id) => handle.connect(id, JSON.stringify(settings)), signal)
    return client
  }

  return { connect, TokenClient }
}

module.exports = { BoundAddress, clientOver, serviceOver }
