'use strict'
// What credentials functions threw, kept by number so that it comes back to a caller as the very value it was.

// Only the latest failures can still be on their way back.
const KEPT = 64

class ThrownValues {
  #values = new Map()
  #last = 0

  keep(value) {
    this.#last += 1
    this.#values.set(this.#last, value)
    this.#values.delete(this.#last - KEPT)
    return this.#last
  }

  has(number) {
    return this.#values.has(number)
  }

  get(number) {
    return this.#values.get(number)
  }
}

module.exports = { ThrownValues }
