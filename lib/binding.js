'use strict'
// The compiled addon, and this thread's calls to it.

const { Bridge, ServiceHandle, SessionHandle } = require('../native.js')
const { Calls } = require('./calls.js')
const { publishLog } = require('./log.js')

const calls = new Calls(Bridge)
publishLog(calls.bridge, process.env.TRADOVATE_SESSION_LOG)

module.exports = { calls, ServiceHandle, SessionHandle }
