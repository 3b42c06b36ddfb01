'use strict'
// The files that the options of a command name. Each has a purpose of its own.

const { realpathSync, statSync } = require('node:fs')
const { basename, dirname, join, resolve } = require('node:path')

const { UsageError } = require('./failure.js')

const OPTIONS = {
  credentials: '--credentials',
  storeKey: '--store-key',
  socket: '--socket',
  secretFile: '--secret-file',
  pageLinkFile: '--page-link-file',
}

/** Refuses two options that name the same file: one of them would be written over by the other. */
function refuseSharedFiles(options) {
  const given = Object.keys(OPTIONS).filter(name => options[name] !== undefined)
  const known = new Map()
  for (const name of given) {
    for (const identity of identitiesOf(options[name])) {
      const other = known.get(identity)
      if (other && other !== name) {
        throw new UsageError(`${OPTIONS[other]} and ${OPTIONS[name]} name the same file; give each a file of its own`)
      }
      known.set(identity, name)
    }
  }
}

/** A file has many names: links lead to its folder, and where it is there, its number tells. */
function identitiesOf(path) {
  const whole = resolve(path)
  const folder = orNothing(() => realpathSync(dirname(whole))) ?? dirname(whole)
  const stat = orNothing(() => statSync(whole, { bigint: true }))
  const name = join(folder, basename(whole))
  return stat ? [name, `${stat.dev}:${stat.ino}`] : [name]
}

/** The command that uses a file tells what is wrong with it. */
function orNothing(look) {
  try {
    return look()
  } catch {
    return undefined
  }
}

module.exports = { refuseSharedFiles }
