'use strict'
// The core's log, for whoever sets TRADOVATE_SESSION_LOG: published on diagnostics_channel, printed by nobody.

const diagnostics = require('node:diagnostics_channel')

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

module.exports = { publishLog }
