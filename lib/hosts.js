'use strict'
// What a host is used for, and the frame that authorises a WebSocket.

const { integer, oneOf } = require('./input.js')

const PURPOSES = ['live', 'demo', 'mdLive', 'mdDemo', 'replay', 'reportingLive', 'reportingDemo']
const MARKET_DATA = ['mdLive', 'mdDemo']

function purposeName(value, field) {
  return oneOf(value, field, PURPOSES)
}

function isMarketData(purpose) {
  return MARKET_DATA.includes(purpose)
}

function authorizeFrame(id, token) {
  return `authorize\n${integer(id, 'id', 0)}\n\n${token}`
}

module.exports = { authorizeFrame, isMarketData, purposeName }
