'use strict'
// The token that a session has now, and until when it is good.

const { performance } = require('node:perf_hooks')

// Two clocks: the wall clock goes on while the machine sleeps, the other does not follow when somebody sets it back.
class CurrentToken {
  #goodUntilWall = 0
  #goodUntil = 0
  #freshUntilWall = 0
  #freshUntil = 0

  constructor(token, remainingMs, freshMs) {
    this.value = Object.freeze(token)
    this.promise = Promise.resolve(this.value)
    this.setTimes(remainingMs, freshMs)
  }

  setTimes(remainingMs, freshMs) {
    const wall = Date.now()
    const now = performance.now()
    this.#goodUntilWall = wall + remainingMs
    this.#goodUntil = now + remainingMs
    this.#freshUntilWall = wall + freshMs
    this.#freshUntil = now + freshMs
  }

  isGood() {
    return Date.now() < this.#goodUntilWall && performance.now() < this.#goodUntil
  }

  isFresh() {
    return Date.now() < this.#freshUntilWall && performance.now() < this.#freshUntil
  }
}

const noToken = new CurrentToken({}, 0, 0)

module.exports = { CurrentToken, noToken }
