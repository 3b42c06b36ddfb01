'use strict'

const { clearTimeout, setTimeout } = require('node:timers')

const { NetworkError } = require('../errors.js')
const { stopWaiting, waitForAbort } = require('./abort-listeners.js')

/**
 * A signal for work in several parts. It aborts with the caller's signal, or at the deadline.
 */
class Deadline {
  #controller = new AbortController()
  /**
   * The outcome that the error of the deadline tells.
   *
   * @type {import('../index.js').CallOutcome}
   */
  outcome = 'not-sent'
  #given
  #forward
  #timer

  /**
   * @param {AbortSignal | undefined} signal
   * @param {number} timeoutMs
   * @param {string} what
   */
  constructor(signal, timeoutMs, what) {
    const expire = () => {
      const message = `${what} was not done within ${timeoutMs} ms`
      this.abort(new NetworkError(message, { code: 'ERR_TRADOVATE_TIMEOUT', outcome: this.outcome }))
    }
    this.#timer = setTimeout(expire, timeoutMs)
    this.#given = signal
    this.#forward = () => this.abort(signal?.reason)
    if (signal) waitForAbort(signal, this.#forward)
  }

  get signal() {
    return this.#controller.signal
  }

  /** @param {unknown} reason */
  abort(reason) {
    this.#controller.abort(reason)
  }

  /**
   * Settles as `promise` does, or rejects at the deadline if that comes first.
   *
   * @template T
   * @param {Promise<T>} promise
   */
  async within(promise) {
    let stop = () => {}
    /** @type {Promise<never>} */
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
    if (this.#given) stopWaiting(this.#given, this.#forward)
  }
}

module.exports = { Deadline }
