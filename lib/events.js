'use strict'
// A session's events on their way to its listeners and to diagnostics_channel.

const diagnostics = require('node:diagnostics_channel')
const { setImmediate } = require('node:timers')

const { errorFrom } = require('./errors.js')
const { statusFrom } = require('./status.js')

const channel = diagnostics.channel('tradovate-session')

class Events {
  #emitter
  #environment
  #thrown
  #waiting = []
  #released = false

  // `environment()` tells which one it is, once that is known.
  constructor(emitter, environment, thrown) {
    this.#emitter = emitter
    this.#environment = environment
    this.#thrown = thrown
  }

  add(events) {
    if (events.length === 0) return
    for (const event of events) this.#waiting.push(this.#prepare(event))
    // Never within the caller's own code, which may only have read a property.
    if (this.#released) queueMicrotask(() => this.#deliver())
  }

  // What happened while opening waits until the opener has had its turn to add listeners.
  release() {
    setImmediate(() => {
      this.#released = true
      this.#deliver()
    })
  }

  #prepare(event) {
    const { type, how } = event
    if (type === 'token') {
      const { expirationTime, generation, userId } = event.token
      this.#publish({ type, how, expirationTime, generation, userId })
      return [type, { ...event.token, how }]
    }
    const value = type === 'status' ? statusFrom(event.status, this.#thrown) : errorFrom(event.error, this.#thrown)
    this.#publish(type === 'status' ? { type, status: value } : { type, error: value })
    return [type, value]
  }

  #publish(message) {
    if (channel.hasSubscribers) channel.publish({ ...message, environment: this.#environment() })
  }

  #deliver() {
    for (const [type, value] of this.#waiting.splice(0)) {
      try {
        this.#emitter.emit(type, value)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

module.exports = { Events }
