'use strict'
// A long list that arrives in pieces: each is read in a turn of the event loop of its own, so that none holds it for long.

const { setImmediate } = require('node:timers')

class LongList {
  #read = []
  #unread = []
  #isComplete = false
  #isWaitingForTurn = false
  #settle

  // The elements; rejects with the parser's error.
  elements = new Promise((resolve, reject) => {
    this.#settle = { resolve, reject }
  })

  constructor() {
    // A call that was given up leaves nobody to hear of it.
    this.elements.catch(() => {})
  }

  // Elements in JSON, without brackets around them.
  add(piece) {
    this.#unread.push(piece)
    this.#waitForTurn()
  }

  end() {
    this.#isComplete = true
    this.#waitForTurn()
  }

  #waitForTurn() {
    if (this.#isWaitingForTurn) return
    this.#isWaitingForTurn = true
    setImmediate(() => this.#takeTurn())
  }

  #takeTurn() {
    this.#isWaitingForTurn = false
    try {
      if (this.#unread.length > 0) this.#read.push(...JSON.parse(`[${this.#unread.shift()}]`))
    } catch (error) {
      this.#settle.reject(error)
      return
    }
    if (this.#unread.length > 0) this.#waitForTurn()
    else if (this.#isComplete) this.#settle.resolve(this.#read)
  }
}

module.exports = { LongList }
