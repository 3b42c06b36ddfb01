'use strict'

// The name of the addon's file on this platform, the same that @napi-rs/cli gives it.

const { readFileSync } = require('node:fs')

function isMusl() {
  try {
    return readFileSync('/usr/bin/ldd', 'utf8').includes('musl')
  } catch {
    process.report.excludeNetwork = true
    return !process.report.getReport().header.glibcVersionRuntime
  }
}

function platform() {
  const name = `${process.platform}-${process.arch}`
  if (process.platform === 'linux') return `${name}-${isMusl() ? 'musl' : 'gnu'}`
  if (process.platform === 'win32') return `${name}-msvc`
  return name
}

module.exports = { addonFile: () => `tradovate-session.${platform()}.node` }
