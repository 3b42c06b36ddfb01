'use strict'
// Tradovate's answers, already judged by the core: JSON text to values of the shape that was asked for.

const { ProtocolError } = require('./errors.js')
const { isObject } = require('./input.js')
const { LongList } = require('./long-list.js')

function kindOf(value) {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
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
const noJson = path => new ProtocolError(`${path} answered text that is not JSON`)

function listOf(value, path) {
  if (!Array.isArray(value)) throw new ProtocolError(`${path} answered ${kindOf(value)} instead of a list`)
  return value
}

function entityOf(value, path) {
  if (!isObject(value)) throw new ProtocolError(`${path} answered ${kindOf(value)} instead of an object`)
  return value
}

module.exports = { entityOf, listOf, parseAnswer }
