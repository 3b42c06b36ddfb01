'use strict'
// Where a session keeps its record: the options, checked, with what they leave out.

const { homedir } = require('node:os')
const { resolve } = require('node:path')
const { isUint8Array } = require('node:util/types')
const { object, oneOf, refuse } = require('./input.js')
const { stateFolder } = require('./state-folder.js')

const FIELDS = { memory: ['type'], file: ['type', 'path', 'key'], redis: ['type', 'url', 'prefix', 'key'] }
const TYPES = Object.keys(FIELDS)
const KEY_BYTES = 32
const LONGEST_PATH = 4096
const LONGEST_URL = 4096
const LONGEST_PREFIX = 256
const DEFAULT_PREFIX = 'tradovate-session:'
const URL_WANTED = 'a redis:// or rediss:// URL with a host, and at most the number of a database after it'

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

// There may be a password in it, so it is shown nowhere.
function redisUrl(value, field) {
  const fits = typeof value === 'string' && value.length <= LONGEST_URL && /^rediss?:\/\/[^\s\\#]+$/i.test(value)
  if (!fits || !URL.canParse(value)) refuse(field, URL_WANTED)
  const { hostname, pathname } = new URL(value)
  if (hostname === '' || !/^(\/\d{0,5})?$/.test(pathname)) refuse(field, URL_WANTED)
  return value
}

function prefixText(value, field) {
  if (typeof value !== 'string' || value.length > LONGEST_PREFIX || !value.isWellFormed()) {
    refuse(field, `a text of at most ${LONGEST_PREFIX} characters`)
  }
  return value
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
  const { path, url, prefix, key } = object(value, field, FIELDS[type])
  const seal = key === undefined ? undefined : sealKey(key, `${field}.key`)
  if (type === 'memory') return { config: { type } }
  if (type === 'file') return { config: { type, path: folder(path, `${field}.path`), isRequired: true }, key: seal }
  return {
    config: {
      type,
      url: redisUrl(url, `${field}.url`),
      prefix: prefix === undefined ? DEFAULT_PREFIX : prefixText(prefix, `${field}.prefix`),
      // For what Tradovate counts by address: each machine has one of its own.
      statePath: ownStateFolder(),
    },
    key: seal,
  }
}

module.exports = { folder, KEY_BYTES, prefixText, redisUrl, storeOptions }
