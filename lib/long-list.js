'use strict'
// A long list that arrives in pieces: each is read in a turn of the event loop of its own, so that none holds it for long.

const { setImmediate } = require('node:timers')

const { readTable } = require('./table.js')

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

  // A list in JSON, or with values a table.
  add(text, values) {
    this.#unread.push({ text, values })
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
      if (this.#unread.length > 0) this.#readPiece(this.#unread.shift())
    } catch (error) {
      this.#settle.reject(error)
      return
    }
    if (this.#unread.length > 0) this.#waitForTurn()
    else if (this.#isComplete) this.#settle.resolve(this.#read)
  }

  #readPiece({ text, values }) {
    const elements = values ? readTable(text, values) : JSON.parse(text)
    for (const element of elements) this.#read.push(element)
  }
}

module.exports = { LongList }
