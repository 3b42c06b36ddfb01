'use strict'
// One signal for work in several parts: it aborts with the caller's signal, at the deadline, or when a part has failed.

const { clearTimeout, setTimeout } = require('node:timers')

const { NetworkError } = require('./errors.js')

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

module.exports = { Deadline }
