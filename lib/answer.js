'use strict'
// Turns the JSON text of Tradovate's answers into values. The core has judged their shape already.

const { setImmediate } = require('node:timers')

const { ProtocolError } = require('../errors.js')

// The core sends objects that are alike as a table: it has the names, and the texts that they have in common, only once.

/** @typedef {{ keys: string[], isNumber: boolean[], first: Record<string, unknown> | undefined }} Pattern */

const NUMBER = 'n'

/**
 * @param {string} cells JSON: `[[[keys, kinds], …], [cell, …]]`.
 * @param {Float64Array} values For each object the number of its shape, and for each key a number or the number of a cell, as the
 * shape's kinds say.
 */
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

/**
 * @param {[string[], string]} shape
 * @returns {Pattern}
 */
function patternOf([keys, kinds]) {
  return { keys, isNumber: Array.from(kinds, kind => kind === NUMBER), first: undefined }
}

/**
 * @param {Pattern} pattern
 * @param {unknown[]} texts
 * @param {Float64Array} values
 * @param {number} from
 */
function objectOf(pattern, texts, values, from) {
  const { keys, isNumber, first } = pattern
  // A copy of the first one has all fields already. Setting them is faster than adding them.
  /** @type {Record<string, unknown>} */
  const object = first === undefined ? {} : { ...first }
  for (let i = 0; i < keys.length; i += 1) {
    const value = values[from + i]
    object[keys[i]] = isNumber[i] ? value : texts[value]
  }
  if (first === undefined) pattern.first = { ...object }
  return object
}

/** A long list that arrives in pieces. Each piece is read in a turn of the event loop of its own: none holds it for long. */
class LongList {
  /** @type {unknown[]} */
  #read = []
  /** @type {{ text: string, values: Float64Array | null }[]} */
  #unread = []
  #isComplete = false
  #isWaitingForTurn = false
  /** @type {(elements: unknown[]) => void} */
  #resolve = () => {}
  /** @type {(error: unknown) => void} */
  #reject = () => {}

  /**
   * Resolves with the elements, or rejects with the parser's error.
   *
   * @type {Promise<unknown[]>}
   */
  elements = new Promise((resolve, reject) => {
    this.#resolve = resolve
    this.#reject = reject
  })

  constructor() {
    // Nobody listens to the list of a call that was given up.
    this.elements.catch(() => {})
  }

  /**
   * @param {string} text A list in JSON, or a table's cells.
   * @param {Float64Array | null} values A table's values.
   */
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
      const piece = this.#unread.shift()
      if (piece) this.#readPiece(piece)
    } catch (error) {
      this.#reject(error)
      return
    }
    if (this.#unread.length > 0) this.#waitForTurn()
    else if (this.#isComplete) this.#resolve(this.#read)
  }

  /** @param {{ text: string, values: Float64Array | null }} piece */
  #readPiece({ text, values }) {
    const elements = values ? readTable(text, values) : JSON.parse(text)
    for (const element of elements) this.#read.push(element)
  }
}

/**
 * Gives the answer's value, or a promise of it if the answer is a long list.
 *
 * @param {string | LongList | null} answer
 * @param {string} path
 */
function parseAnswer(answer, path) {
  if (!answer) return undefined
  if (answer instanceof LongList) return parseList(answer, path)
  try {
    return JSON.parse(answer)
  } catch {
    throw noJson(path)
  }
}

/**
 * @param {LongList} list
 * @param {string} path
 */
async function parseList(list, path) {
  try {
    return await list.elements
  } catch {
    throw noJson(path)
  }
}

/**
 * The parser's own error quotes the text: this one does not.
 *
 * @param {string} path
 */
const noJson = path => new ProtocolError(`${path} answered text that is not JSON`, { outcome: 'unknown' })

module.exports = { LongList, parseAnswer, readTable }
