'use strict'
// The compiled addon, and this thread's calls to it.

/** @type {typeof import('../types/addon.js')} */
const { Bridge, ServiceHandle, SessionHandle } = require('../native.js').loadAddon()
const diagnostics = require('node:diagnostics_channel')

const { Calls } = require('./calls.js')

/**
 * @typedef {{
 *   calls: InstanceType<typeof Calls>, ServiceHandle: typeof ServiceHandle, SessionHandle: typeof SessionHandle,
 * }} Binding
 */

// TRADOVATE_SESSION_LOG turns the core's log on. It is published on diagnostics_channel, and printed nowhere.

const VARIABLE = 'TRADOVATE_SESSION_LOG'
const LEVELS = ['error', 'warn', 'info', 'debug', 'trace']
const channel = diagnostics.channel('tradovate-session:log')

/**
 * @param {Pick<Binding['calls'], 'bridge'>} calls
 * @param {string | undefined} level
 */
function publishLog(calls, level) {
  if (!level) return
  if (!LEVELS.includes(level)) {
    process.emitWarning(`${VARIABLE} must be one of ${LEVELS.join(', ')}; nothing is logged`)
    return
  }
  calls.bridge.log(level, line => {
    if (channel.hasSubscribers) channel.publish(JSON.parse(line))
  })
}

const calls = new Calls(Bridge)
publishLog(calls, process.env[VARIABLE])

module.exports = { LEVELS, ServiceHandle, SessionHandle, calls, publishLog }
