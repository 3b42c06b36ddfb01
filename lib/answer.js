'use strict'
// Tradovate's answers: JSON text to values, whose shape the core has judged already.

const { ProtocolError } = require('./errors.js')
const { LongList } = require('./long-list.js')

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

module.exports = { parseAnswer }
