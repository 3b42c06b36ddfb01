'use strict'
// Tradovate's answers: JSON text to values, whose shape the core has judged already.

const { setImmediate } = require('node:timers')

const { ProtocolError } = require('./errors.js')

// Alike objects that come as a table: the core has taken the names and the common texts of their fields out of them.

const NUMBER = 'n'

// `cells` is JSON: `[[[keys, kinds], …], [cell, …]]`. `values` has for each object the number of its shape, and for each key a
// number or the number of a cell, as the shape's kinds say.
function readTable(cells, values) {
  const [shapes, texts] = JSON.parse(cells)
  const patterns = shapes.map(patternOf)
  const objects = []
  let at = 0
  while (at < values.length) {
    const pattern = patterns[values[at]]
    at += 1
    objects.push(objectOf(pattern, texts, values, at))
    at += pattern.keys.length
  }
  return objects
}

function patternOf([keys, kinds]) {
  return { keys, isNumber: Array.from(kinds, kind => kind === NUMBER), first: undefined }
}

function objectOf(pattern, texts, values, from) {
  const { keys, isNumber, first } = pattern
  // A copy of the first one has all fields already: setting them is faster than adding them.
  const object = first === undefined ? {} : { ...first }
  for (let i = 0; i < keys.length; i += 1) {
    const value = values[from + i]
    object[keys[i]] = isNumber[i] ? value : texts[value]
  }
  if (first === undefined) pattern.first = { ...object }
  return object
}

// A long list that arrives in pieces: each is read in a turn of the event loop of its own, so that none holds it for long.

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

// Of a long list, a promise for it.
function parseAnswer(answer, path) {
  if (!answer) return undefined
  if (answer instanceof LongList) return parseList(answer, path)
  try {
    return JSON.parse(answer)
  } catch {
    throw noJson(path)
  }
}

async function parseList(list, path) {
  try {
    return await list.elements
  } catch {
    throw noJson(path)
  }
}

// The parser's own error quotes the text.
const noJson = path => new ProtocolError(`${path} answered text that is not JSON`, { outcome: 'unknown' })

module.exports = { LongList, parseAnswer, readTable }
