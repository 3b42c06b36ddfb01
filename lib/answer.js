'use strict'
// Tradovate's answers, already judged by the core: JSON text to values of the shape that was asked for.

const { ProtocolError } = require('./errors.js')
const { isObject } = require('./input.js')

function kindOf(value) {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function parseAnswer(text, path) {
  if (!text) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own error quotes the text.
    throw new ProtocolError(`${path} answered text that is not JSON`)
  }
}

function listOf(value, path) {
  if (!Array.isArray(value)) throw new ProtocolError(`${path} answered ${kindOf(value)} instead of a list`)
  return value
}

function entityOf(value, path) {
  if (!isObject(value)) throw new ProtocolError(`${path} answered ${kindOf(value)} instead of an object`)
  return value
}

module.exports = { entityOf, listOf, parseAnswer }
