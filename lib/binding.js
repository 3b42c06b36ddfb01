'use strict'
// The compiled addon, and this thread's calls to it.

const { Bridge, SessionHandle } = require('../native.js')
const { Calls } = require('./calls.js')

module.exports = { calls: new Calls(Bridge), SessionHandle }
