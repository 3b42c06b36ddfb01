'use strict'
// The events of a token source: each listener hears each of them, in a turn of its own.

const diagnostics = require('node:diagnostics_channel')
const { setImmediate } = require('node:timers')

const { errorFrom } = require('../errors.js')
const { statusFrom } = require('./status.js')
const { TokenTraces, isOfCall } = require('./tracing.js')

/** @typedef {import('../index.js').AccessToken} AccessToken */
/** @typedef {import('./status.js').StatusJson} StatusJson */
/** @typedef {import('./tracing.js').CallEvent} CallEvent */
/** @typedef {import('../errors.js').ErrorJson} ErrorJson */
/** @typedef {InstanceType<typeof import('../errors.js').ThrownValues>} Thrown */
/**
 * The core's JSON of an event.
 *
 * @typedef {{ type: 'token', how: string, token: AccessToken } | { type: 'status', status: StatusJson }
 *   | { type: 'warning', error: ErrorJson }} EventJson
 */

const channel = diagnostics.channel('tradovate-session')

/** The events that a session emits and publishes on diagnostics_channel. */
class Events {
  #emitter
  #environment
  #thrown
  #calls
  /** @type {[type: string, value: unknown][]} */
  #waiting = []
  #released = false

  /**
   * @param {import('node:events').EventEmitter} emitter
   * @param {() => string} environment Gives the environment, once it is known.
   * @param {Thrown} thrown
   */
  constructor(emitter, environment, thrown) {
    this.#emitter = emitter
    this.#environment = environment
    this.#thrown = thrown
    this.#calls = new TokenTraces(thrown)
  }

  /** @param {(EventJson | CallEvent)[]} events */
  add(events) {
    if (events.length === 0) return
    for (const event of events) {
      if (isOfCall(event)) this.#calls.take(event)
      else this.#waiting.push(this.#prepare(event))
    }
    // No listener is called within the caller's own code, which may only have read a property.
    // Test runners fake queueMicrotask(), and no promise.
    if (this.#released) Promise.resolve().then(() => this.#deliver())
  }

  /**
   * Takes what still ends after the session was closed. Listeners hear nothing of it.
   *
   * @param {(EventJson | CallEvent)[]} events
   */
  addLast(events) {
    for (const event of events) if (isOfCall(event)) this.#calls.take(event)
  }

  // The events of the opening wait for one turn, in which the opener can add listeners.
  release() {
    this.#calls.opened()
    setImmediate(() => {
      this.#released = true
      this.#deliver()
    })
  }

  /**
   * @param {EventJson} event
   * @returns {[type: string, value: unknown]}
   */
  #prepare(event) {
    const { type } = event
    if (type === 'token') {
      const { how, token } = event
      const { expirationTime, generation, userId } = token
      this.#publish({ type, how, expirationTime, generation, userId })
      return [type, { ...token, how }]
    }
    const value = type === 'status' ? statusFrom(event.status, this.#thrown) : errorFrom(event.error, this.#thrown)
    this.#publish(type === 'status' ? { type, status: value } : { type, error: value })
    return [type, value]
  }

  /** @param {Record<string, unknown>} message */
  #publish(message) {
    if (channel.hasSubscribers) channel.publish({ ...message, environment: this.#environment() })
  }

  #deliver() {
    for (const [type, value] of this.#waiting.splice(0)) {
      try {
        this.#emitter.emit(type, value)
      } catch (error) {
        setImmediate(() => {
          throw error
        })
      }
    }
  }
}

module.exports = { Events }
