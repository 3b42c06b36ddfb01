'use strict'

// Loads the addon that was built for this platform. It looks at one file beside itself and nowhere else.

const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { addonFile } = require('./scripts/addon-file.cjs')

const file = join(__dirname, addonFile())
const REBUILD = 'Install Rust (rustup.rs), then run "npm rebuild tradovate-session", or "npm run build" in a checkout.'

function load() {
  if (!existsSync(file)) {
    throw new Error(`tradovate-session was not built for this platform: ${addonFile()} is missing. ${REBUILD}`)
  }
  try {
    return require(file)
  } catch (cause) {
    throw new Error(`tradovate-session was built for another system: ${addonFile()} cannot be loaded. ${REBUILD}`, {
      cause,
    })
  }
}

module.exports = load()
