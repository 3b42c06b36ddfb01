'use strict'
// Where a session keeps its record: the options, checked, with what they leave out.

const { homedir } = require('node:os')
const { resolve } = require('node:path')
const { isUint8Array } = require('node:util/types')
const { object, oneOf, refuse } = require('./input.js')
const { stateFolder } = require('./state-folder.js')

const FIELDS = { memory: ['type'], file: ['type', 'path', 'key'] }
const TYPES = Object.keys(FIELDS)
const KEY_BYTES = 32
const LONGEST_PATH = 4096

function folder(path, field) {
  if (path === undefined) {
    const found = ownStateFolder()
    if (found === null) refuse(field, 'given: this user has no home folder')
    return found
  }
  const fits = typeof path === 'string' && path.length > 0 && path.length <= LONGEST_PATH && !path.includes('\0')
  if (!fits || !path.isWellFormed()) refuse(field, 'the path of a folder')
  return resolve(path)
}

// A copy: whoever wipes his own leaves this one as it is.
function sealKey(key, field) {
  if (!isUint8Array(key) || key.length !== KEY_BYTES) refuse(field, `a Uint8Array of ${KEY_BYTES} bytes`)
  return Uint8Array.from(key)
}

function ownStateFolder() {
  return stateFolder(process.platform, process.env, homedir) ?? null
}

// What goes to the core as text, and the key beside it.
function storeOptions(value, field) {
  if (value === undefined) return { config: { type: 'file', path: ownStateFolder(), isRequired: false } }
  const { type } = object(value, field, [...new Set(Object.values(FIELDS).flat())])
  oneOf(type, `${field}.type`, TYPES)
  const { path, key } = object(value, field, FIELDS[type])
  if (type === 'memory') return { config: { type } }
  return {
    config: { type, path: folder(path, `${field}.path`), isRequired: true },
    key: key === undefined ? undefined : sealKey(key, `${field}.key`),
  }
}

module.exports = { storeOptions }
