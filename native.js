'use strict'

// Loads the addon that was built for this platform. It looks at one file beside itself and nowhere else, and first at whether
// this Node can run any of it.

const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { addonFile } = require('./scripts/addon-file.cjs')

const file = join(__dirname, addonFile())
const REBUILD = 'Install Rust (rustup.rs), then run "npm rebuild tradovate-session", or "npm run build" in a checkout.'

// As package.json says it.
const LEAST_NODE = 20

function load() {
  if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
    const what = `needs Node.js ${LEAST_NODE} or newer, and this is ${process.versions.node}`
    // npm's code for the same.
    throw Object.assign(new Error(`tradovate-session ${what}`), { code: 'EBADENGINE' })
  }
  if (!existsSync(file)) {
    throw failure('MODULE_NOT_FOUND', `was not built for this platform: ${addonFile()} is missing`)
  }
  try {
    return require(file)
  } catch (cause) {
    throw failure('ERR_DLOPEN_FAILED', `was built for another system: ${addonFile()} cannot be loaded`, { cause })
  }
}

// With Node's own code for what cannot be loaded.
function failure(code, what, options) {
  return Object.assign(new Error(`tradovate-session ${what}. ${REBUILD}`, options), { code })
}

module.exports = load()
