'use strict'
// Checks single values that callers hand in. An error names the field and what it must be, and never shows the value.

const { resolve } = require('node:path')
const { isUint8Array } = require('node:util/types')

const { ConfigError } = require('../errors.js')

const SHOWABLE_NAME = /^[A-Za-z_$][\w$-]{0,63}$/

/**
 * @param {string} field
 * @param {string} wanted
 * @returns {never}
 */
function refuse(field, wanted) {
  throw new ConfigError(`${field} must be ${wanted}`)
}

// Objects, lists and numbers.

/**
 * Lists and maps, such as URLSearchParams, are no objects here: their entries are no fields.
 *
 * @param {unknown} value
 * @returns {value is Record<string | symbol, unknown>}
 */
function isObject(value) {
  if (typeof value !== 'object' || value === null) return false
  return typeof (/** @type {Record<symbol, unknown>} */ (value)[Symbol.iterator]) !== 'function'
}

/**
 * An object of a class has fields that are not its own, such as getters: they would be left out without a word.
 *
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isPlainObject(value) {
  if (!isObject(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * Gives `owner.name`, unless the name is so odd that it could be a value in the wrong place.
 *
 * @param {string} owner
 * @param {string} name
 */
function fieldOf(owner, name) {
  return SHOWABLE_NAME.test(name) ? `${owner}.${name}` : `a field of ${owner}`
}

/**
 * @param {unknown} value
 * @param {string} field
 * @param {readonly string[]} known
 */
function object(value, field, known, wanted = 'an object') {
  if (!isObject(value)) refuse(field, wanted)
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw new ConfigError(`${fieldOf(field, name)} is not known; known are ${known.join(', ')}`)
    }
  }
  return value
}

/**
 * @param {unknown} value
 * @param {string} field
 * @param {number} least
 */
function integer(value, field, least, most = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    refuse(
      field,
      most === Number.MAX_SAFE_INTEGER ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`,
    )
  }
  return value
}

/**
 * @param {unknown} value
 * @param {string} field
 */
function boolean(value, field) {
  if (typeof value !== 'boolean') refuse(field, 'true or false')
  return value
}

/**
 * @template {string} Choice
 * @param {unknown} value
 * @param {string} field
 * @param {readonly Choice[]} choices
 */
function oneOf(value, field, choices) {
  const choice = choices.find(each => each === value)
  if (choice === undefined) refuse(field, choices.map(each => `'${each}'`).join(' or '))
  return choice
}

/**
 * @param {unknown} value
 * @param {string} field
 */
function entityId(value, field) {
  return integer(value, field, 1)
}

/**
 * Gives each id once, in the order given.
 *
 * @param {unknown} value
 * @param {string} field
 */
function entityIds(value, field) {
  if (!Array.isArray(value)) refuse(field, 'an array of integers of at least 1')
  return [...new Set(Array.from(value, (id, index) => entityId(id, `${field}[${index}]`)))]
}

/**
 * @param {unknown} value
 * @param {string} field
 */
function abortSignal(value, field) {
  const isSignal = isObject(value) && typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function'
  if (!isSignal) refuse(field, 'an AbortSignal')
  return /** @type {AbortSignal} */ (/** @type {unknown} */ (value))
}

// Texts.

const VISIBLE_ASCII = /^[\x21-\x7e]+$/
const LONGEST_TOKEN = 8192
const LONGEST_PATH = 4096
const LONGEST_PREFIX = 256
const KEY_BYTES = 32

/**
 * @param {unknown} value
 * @param {string} field
 * @param {{ least?: number, most: number }} length
 */
function text(value, field, { least = 0, most }) {
  const wanted = `a string of ${least === 0 ? 'at most' : `${least} to`} ${most} characters`
  if (typeof value !== 'string') refuse(field, wanted)
  // The schema counts code points, which have at most two units each.
  const fits = value.length <= 2 * most && value.length >= least && [...value].length <= most
  if (!fits) refuse(field, wanted)
  if (!value.isWellFormed()) refuse(field, `${wanted} without lone surrogates`)
  return value
}

/** @param {unknown} value */
function accessToken(value) {
  if (typeof value !== 'string' || value.length > LONGEST_TOKEN || !VISIBLE_ASCII.test(value)) {
    refuse('accessToken', `a string of 1 to ${LONGEST_TOKEN} visible ASCII characters`)
  }
  return value
}

/**
 * @param {unknown} path
 * @param {string} field
 */
function folderPath(path, field) {
  const wanted = 'the path of a folder'
  if (typeof path !== 'string') refuse(field, wanted)
  const fits = path.length > 0 && path.length <= LONGEST_PATH && !path.includes('\0')
  if (!fits || !path.isWellFormed()) refuse(field, wanted)
  return resolve(path)
}

/**
 * @param {unknown} value
 * @param {string} field
 */
function filePath(value, field) {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) refuse(field, 'the path of a file')
  return value
}

/**
 * @param {unknown} value
 * @param {string} field
 */
function prefixText(value, field) {
  if (typeof value !== 'string' || value.length > LONGEST_PREFIX || !value.isWellFormed()) {
    refuse(field, `a text of at most ${LONGEST_PREFIX} characters`)
  }
  return value
}

/**
 * Gives a copy: a caller may wipe its own key.
 *
 * @param {unknown} key
 * @param {string} field
 */
function sealKey(key, field) {
  if (!isUint8Array(key) || key.length !== KEY_BYTES) refuse(field, `a Uint8Array of ${KEY_BYTES} bytes`)
  return Uint8Array.from(key)
}

// Where calls go.

/** @type {readonly ['live', 'demo']} */
const ENVIRONMENTS = ['live', 'demo']
const MOST_PORT = 65_535
const LONGEST_URL = 4096
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/
const BASE_URL_WANTED = 'an absolute https URL (http on loopback only) without credentials, query or fragment'
const REDIS_URL_WANTED = 'a redis:// or rediss:// URL with a host, and at most the number of a database after it'

/**
 * @param {unknown} value
 * @param {string} field
 */
function environmentName(value, field) {
  return oneOf(value, field, ENVIRONMENTS)
}

/**
 * Gives the URL with the host in the spelling that is compared and stored, and without a slash at the end.
 *
 * @param {unknown} value
 * @param {string} field
 */
function baseUrlText(value, field) {
  if (typeof value !== 'string' || !/^https?:\/\/[^\s\\?#@]+$/i.test(value) || !URL.canParse(value)) {
    refuse(field, BASE_URL_WANTED)
  }
  const url = new URL(value)
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) refuse(field, BASE_URL_WANTED)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/**
 * The URL may have a password in it, so no error shows it.
 *
 * @param {unknown} value
 * @param {string} field
 */
function redisUrl(value, field) {
  if (typeof value !== 'string') refuse(field, REDIS_URL_WANTED)
  const fits = value.length <= LONGEST_URL && /^rediss?:\/\/[^\s\\#]+$/i.test(value)
  if (!fits || !URL.canParse(value)) refuse(field, REDIS_URL_WANTED)
  const { hostname, pathname } = new URL(value)
  if (hostname === '' || !/^(\/\d{0,5})?$/.test(pathname)) refuse(field, REDIS_URL_WANTED)
  return value
}

/**
 * @param {unknown} value
 * @param {string} field
 * @param {number} least
 */
function portNumber(value, field, least) {
  return integer(value, field, least, MOST_PORT)
}

module.exports = {
  ENVIRONMENTS,
  KEY_BYTES,
  LONGEST_TOKEN,
  MOST_PORT,
  abortSignal,
  accessToken,
  baseUrlText,
  boolean,
  entityId,
  entityIds,
  environmentName,
  fieldOf,
  filePath,
  folderPath,
  integer,
  isObject,
  isPlainObject,
  object,
  oneOf,
  portNumber,
  prefixText,
  redisUrl,
  refuse,
  sealKey,
  text,
}
