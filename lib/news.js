'use strict'
// Who hears of the core's news: each session by its number, from its opening until it is closed.

class News {
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

  ring(number) {
    this.#listeners.get(number)?.()
  }
}

module.exports = { News }
