'use strict'
// A token service hands a session's token to the other processes of this user. The core serves it off the event loop.

const { inspect } = require('node:util')

const { ConfigError, unwrap } = require('../errors.js')
const { parseAnswer } = require('./answer.js')
const { asyncDispose } = require('./dispose.js')
const { serveOptions } = require('./options.js')

/** @typedef {import('./binding.js').Binding} Binding */
/** @typedef {import('../types/addon.js').ServiceHandle} ServiceHandle */
/** @typedef {InstanceType<typeof import('./token-cache.js').TokenCache>} TokenCache */

/**
 * Every open service. It stays open, as an HTTP server does, even if nobody refers to it.
 *
 * @type {Set<TokenService>}
 */
const everyService = new Set()

const opening = Symbol('opening')

class TokenService {
  #calls
  #handle
  #address
  #metricsPort
  #siblings
  /** @type {Promise<void> | undefined} */
  #closing

  /**
   * Serves the token of `cache` at the address to which the handle is bound, or else at that of `settings`.
   *
   * @param {Binding['calls']} calls
   * @param {TokenCache} cache
   * @param {ServiceHandle} serviceHandle
   * @param {ReturnType<typeof serveOptions> | null} settings
   * @param {Set<TokenService>} siblings The open services of one session.
   */
  static async open(calls, cache, serviceHandle, settings, siblings) {
    const told = await cache.call((handle, id) => handle.serve(id, serviceHandle, JSON.stringify(settings)))
    return new TokenService(opening, calls, serviceHandle, parseAnswer(told, 'the service'), siblings)
  }

  /**
   * @param {symbol} key
   * @param {Binding['calls']} calls
   * @param {ServiceHandle} handle
   * @param {{ address: import('../index.js').ServiceAddress, metricsPort: number | null }} told
   * @param {Set<TokenService>} siblings
   */
  constructor(key, calls, handle, { address, metricsPort }, siblings) {
    if (key !== opening) throw new TypeError('A TokenService is made by session.serve()')
    this.#calls = calls
    this.#handle = handle
    this.#address = Object.freeze(address)
    this.#metricsPort = metricsPort ?? undefined
    this.#siblings = siblings
    calls.hold()
    for (const services of [everyService, siblings]) services.add(this)
  }

  get address() {
    return this.#address
  }

  get metricsPort() {
    return this.#metricsPort
  }

  get dependents() {
    return this.#handle.dependents()
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

  /**
   * @param {number} _depth
   * @param {import('node:util').InspectOptions} options
   */
  [inspect.custom](_depth, options) {
    return `TokenService ${inspect(this.toJSON(), options)}`
  }

  async #close() {
    try {
      unwrap(await this.#calls.start(id => this.#handle.close(id)))
    } finally {
      this.#calls.release()
      for (const services of [everyService, this.#siblings]) services.delete(this)
    }
  }
}

/** @type {(bound: BoundAddress, cache: TokenCache, siblings: Set<TokenService>) => Promise<TokenService>} */
let serveAt

/** An address that is bound before there is a session to serve at it. */
class BoundAddress {
  #calls
  #handle
  /** @type {Promise<TokenService> | undefined} */
  #serving
  /** @type {Promise<void> | undefined} */
  #closing

  static {
    serveAt = (bound, cache, siblings) => bound.#serve(cache, siblings)
  }

  /**
   * @param {symbol} key
   * @param {Binding['calls']} calls
   * @param {ServiceHandle} handle
   */
  constructor(key, calls, handle) {
    if (key !== opening) throw new TypeError('A BoundAddress is made by bindService()')
    this.#calls = calls
    this.#handle = handle
  }

  // Once a service uses the address, this closes the service.
  close() {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [asyncDispose]() {
    return this.close()
  }

  /**
   * @param {TokenCache} cache
   * @param {Set<TokenService>} siblings
   */
  async #serve(cache, siblings) {
    if (this.#closing || this.#serving)
      throw new ConfigError('options must be an address that is neither served nor closed')
    this.#serving = TokenService.open(this.#calls, cache, this.#handle, null, siblings)
    return this.#serving
  }

  async #close() {
    const service = await this.#serving?.catch(() => undefined)
    if (service) await service.close()
    else unwrap(await this.#calls.start(id => this.#handle.close(id)))
  }
}

/** @param {Pick<Binding, 'calls' | 'ServiceHandle'>} binding */
function servicesOver({ calls, ServiceHandle }) {
  /** @param {unknown} options */
  async function bindService(options) {
    const settings = JSON.stringify(serveOptions(options))
    const handle = new ServiceHandle(await calls.ready())
    unwrap(await calls.start(id => handle.bind(id, settings)))
    return new BoundAddress(opening, calls, handle)
  }

  /**
   * @param {TokenCache} cache
   * @param {unknown} where A BoundAddress, or the options of serve().
   * @param {Set<TokenService>} siblings
   */
  async function openService(cache, where, siblings) {
    if (where instanceof BoundAddress) return serveAt(where, cache, siblings)
    return TokenService.open(calls, cache, new ServiceHandle(calls.bridge), serveOptions(where), siblings)
  }

  return { bindService, openService }
}

module.exports = { servicesOver }
