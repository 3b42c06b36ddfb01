'use strict'
// The compiled addon, and this thread's calls to it.

const { Bridge, ServiceHandle, SessionHandle } = require('../native.js').loadAddon()
const diagnostics = require('node:diagnostics_channel')

const { Calls } = require('./calls.js')

// The core's log, for whoever sets TRADOVATE_SESSION_LOG: published on diagnostics_channel, printed by nobody.

const VARIABLE = 'TRADOVATE_SESSION_LOG'
const LEVELS = ['error', 'warn', 'info', 'debug', 'trace']
const channel = diagnostics.channel('tradovate-session:log')

function publishLog(bridge, level) {
  if (!level) return
  if (!LEVELS.includes(level)) {
    process.emitWarning(`${VARIABLE} must be one of ${LEVELS.join(', ')}; nothing is logged`)
    return
  }
  bridge.log(level, line => {
    if (channel.hasSubscribers) channel.publish(JSON.parse(line))
  })
}

const calls = new Calls(Bridge)
publishLog(calls.bridge, process.env.TRADOVATE_SESSION_LOG)

module.exports = { ServiceHandle, SessionHandle, calls, publishLog }
