'use strict'
// Who hears that there is something to take: each session and dependent by its number, from its opening until it is closed.

class Wakeups {
  #listeners = new Map()
  #lastNumber = 0

  // The number by which `listener` is called.
  listen(listener) {
    this.#lastNumber += 1
    this.#listeners.set(this.#lastNumber, listener)
    return this.#lastNumber
  }

  // What is not listened to any more is free to be collected.
  leave(number) {
    this.#listeners.delete(number)
  }

  wake(number) {
    this.#listeners.get(number)?.()
  }
}

module.exports = { Wakeups }
