'use strict'
// A token service: a session's token for the other processes of this user, served off the event loop.

const { inspect } = require('node:util')

const { unwrap } = require('./errors.js')
const { asyncDispose } = require('./token-source.js')

// An open service stays, as an HTTP server does, even if nobody holds it.
const everyService = new Set()

function serviceOver({ calls, ServiceHandle }) {
  const opening = Symbol('opening')

  class TokenService {
    #handle
    #address
    #metricsPort
    #siblings
    #closing

    // `siblings` holds the open services of one session.
    static async open(kept, options, siblings) {
      const service = new TokenService(opening, siblings)
      await service.#open(kept, options)
      return service
    }

    constructor(key, siblings) {
      if (key !== opening) throw new TypeError('A TokenService is made by session.serve()')
      this.#siblings = siblings
      this.#handle = new ServiceHandle(calls.bridge)
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

    async #open(kept, options) {
      const text = await kept.call((handle, id) => handle.serve(id, this.#handle, JSON.stringify(options)))
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

module.exports = { serviceOver }
