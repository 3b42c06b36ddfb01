'use strict'
// The compiled addon, and this thread's calls to it.

const { Calls } = require('./calls.js')

function load() {
  try {
    return require('../native.js')
  } catch (cause) {
    throw new Error(
      `tradovate-session has no compiled addon for ${process.platform}-${process.arch}: build it with \`npm run build\`.`,
      { cause },
    )
  }
}

const { Bridge, SessionHandle } = load()

module.exports = { calls: new Calls(Bridge), SessionHandle }
