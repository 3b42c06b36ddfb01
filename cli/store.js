'use strict'
// The store of a command's token, and the key that seals it. Neither key nor password comes from an argument.

const { ConfigError } = require('../tradovate-session.js')
const { folderPath, KEY_BYTES, prefixText, redisUrl } = require('../input/checks.js')
const { readCredentialsFile } = require('./credentials-file.js')
const { UsageError } = require('./failure.js')
const { readPrivateFile, refuseFile } = require('./private-file.js')

const PLACE = 'TRADOVATE_SESSION_STORE'
const PREFIX = 'TRADOVATE_SESSION_STORE_PREFIX'
const KEY = 'TRADOVATE_SESSION_STORE_KEY'

const REDIS = /^rediss?:/i
// If it were taken for a folder, messages and the disk would show the password that it may have in it.
const LIKE_A_URL = /^([a-z][a-z\d+.-]+:\/\/|[^/\\]*:[^/\\]*@)/i
const WITH_A_LOGIN = `--store takes no user and no password: other users of the machine can read arguments. Put the URL into ${PLACE}, or into the field store of the file of --credentials`

const HEX = /^[\da-f]{64}$/i
const BASE64 = /^[\w+/-]{43}=?$/
const DIGITS = /^[\w+/=-]+$/
const KEY_AS_TEXT = 'as 64 hex digits or in base64'

/** Gives the option `store` of a session; undefined where nothing names a store or a key. */
function storeOf(options, { env }) {
  const place = placeOf(options, env)
  const { storePrefix, storeKey } = options
  if (storePrefix !== undefined && place?.type !== 'redis')
    throw new UsageError('--store-prefix is for a store in Redis')
  if (place?.type === 'memory') {
    if (storeKey !== undefined)
      throw new UsageError('A store in memory is not sealed, so --store-key cannot be used with it')
    return place
  }
  const key = keyOf(storeKey, env)
  const prefix = place?.type === 'redis' ? prefixOf(storePrefix, env) : undefined
  if (!place && !key) return undefined
  return { type: 'file', ...place, ...(prefix !== undefined && { prefix }), ...(key && { key }) }
}

/** The option comes before the file, and the file before the variable. */
function placeOf({ store, credentials: file }, env) {
  if (store !== undefined) {
    if ((REDIS.test(store) || LIKE_A_URL.test(store)) && store.includes('@')) throw new UsageError(WITH_A_LOGIN)
    return placeIn(store, '--store')
  }
  const inFile = file === undefined ? undefined : readCredentialsFile(file, env).store
  if (inFile !== undefined) return placeIn(inFile, 'credentials.store')
  return env[PLACE] ? placeIn(env[PLACE], PLACE) : undefined
}

function placeIn(text, field) {
  if (text === 'memory') return { type: 'memory' }
  if (REDIS.test(text)) return { type: 'redis', url: redisUrl(text, field) }
  if (LIKE_A_URL.test(text)) throw new ConfigError(`${field} must be memory, a folder, or a redis:// or rediss:// URL`)
  return { type: 'file', path: folderPath(text, field) }
}

function prefixOf(given, env) {
  if (given !== undefined) return prefixText(given, '--store-prefix')
  return env[PREFIX] ? prefixText(env[PREFIX], PREFIX) : undefined
}

function keyOf(file, env) {
  if (file !== undefined) return keyInFile(file, env)
  if (!env[KEY]) return undefined
  const key = keyFromText(env[KEY])
  if (!key) throw new ConfigError(`${KEY} must be a key of ${KEY_BYTES} bytes, ${KEY_AS_TEXT}`)
  return key
}

function keyInFile(path, env) {
  const bytes = readPrivateFile(path, '--store-key', env)
  const text = bytes.toString('latin1')
  // 32 bytes can be a key, or half of one in hex digits.
  if (bytes.length === KEY_BYTES && !DIGITS.test(text)) return bytes
  return (
    keyFromText(text) ?? refuseFile('--store-key', `must hold a key of ${KEY_BYTES} bytes: as they are, ${KEY_AS_TEXT}`)
  )
}

function keyFromText(text) {
  const trimmed = text.trim()
  if (HEX.test(trimmed)) return Buffer.from(trimmed, 'hex')
  return BASE64.test(trimmed) ? Buffer.from(trimmed, 'base64') : undefined
}

module.exports = { storeOf }
