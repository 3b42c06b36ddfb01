'use strict'
// Credentials: their fields and limits, and the environment variables that give them.

const { ConfigError } = require('../errors.js')
const { object, refuse, text } = require('./checks.js')

/** @typedef {import('../index.js').Credentials} Credentials */

/** @type {readonly (keyof Credentials)[]} */
const FIELDS = ['name', 'password', 'appId', 'appVersion', 'deviceId', 'cid', 'sec']
/** @type {readonly string[]} */
const REQUIRED = ['name', 'password']
/**
 * The fields by which a stored token is found.
 *
 * @type {readonly (keyof Credentials)[]}
 */
const IDENTITY = ['name', 'appId', 'cid']
const VARIABLES = {
  name: 'TRADOVATE_NAME',
  password: 'TRADOVATE_PASSWORD',
  appId: 'TRADOVATE_APP_ID',
  appVersion: 'TRADOVATE_APP_VERSION',
  deviceId: 'TRADOVATE_DEVICE_ID',
  cid: 'TRADOVATE_CID',
  sec: 'TRADOVATE_SEC',
}
const LONGEST_FIELD = 64
const LONGEST_SEC = 8192
const DECIMAL = /^(0|[1-9]\d*)$/
// No password has a line break: it came with a file or a copy, and Tradovate would count the login as failed.
const LINE_BREAK = /[\0\r\n]/

/**
 * @param {string} name
 * @param {unknown} value
 * @param {string} field
 */
function checkField(name, value, field) {
  if (name === 'cid' && typeof value === 'number') {
    if (!Number.isSafeInteger(value)) refuse(field, `a string of at most ${LONGEST_FIELD} characters or a safe integer`)
    return value
  }
  const least = REQUIRED.includes(name) ? 1 : 0
  const checked = text(value, field, { least, most: name === 'sec' ? LONGEST_SEC : LONGEST_FIELD })
  if (LINE_BREAK.test(checked)) refuse(field, 'a string without line breaks or null characters')
  return checked
}

/**
 * @param {unknown} value
 * @param {string} [wanted]
 */
function checkCredentials(value, wanted) {
  const fields = checkFields(object(value, 'credentials', FIELDS, wanted), FIELDS, REQUIRED)
  return /** @type {Credentials} */ (/** @type {unknown} */ (fields))
}

/**
 * Gives the fields by which a stored token is found; the other fields of credentials may be there.
 *
 * @param {unknown} value
 */
function checkIdentity(value) {
  const fields = checkFields(object(value, 'credentials', FIELDS), IDENTITY, ['name'])
  return /** @type {import('../index.js').LoginIdentity} */ (/** @type {unknown} */ (fields))
}

/**
 * @param {Record<string, unknown>} given
 * @param {readonly string[]} names
 * @param {readonly string[]} required
 */
function checkFields(given, names, required) {
  /** @type {Record<string, string | number>} */
  const fields = {}
  for (const name of names) {
    if (given[name] === undefined && !required.includes(name)) continue
    fields[name] = checkField(name, given[name], `credentials.${name}`)
  }
  return fields
}

/** @param {() => unknown} ask */
async function credentialsFromFunction(ask) {
  return checkCredentials(await ask())
}

/**
 * Gives the fields that the variables have. An empty variable counts as unset.
 *
 * @param {NodeJS.ProcessEnv} variables
 */
function fieldsFromEnvironment(variables) {
  /** @type {Record<string, string | number>} */
  const fields = {}
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const given = variables[variable]
    if (!given) continue
    const value = name === 'cid' && DECIMAL.test(given) && Number.isSafeInteger(Number(given)) ? Number(given) : given
    fields[name] = checkField(name, value, variable)
  }
  return /** @type {Partial<Credentials>} */ (fields)
}

/** @param {NodeJS.ProcessEnv} variables */
function credentialsFromEnvironment(variables) {
  const fields = fieldsFromEnvironment(variables)
  for (const name of /** @type {const} */ (['name', 'password'])) {
    if (fields[name] === undefined) throw new ConfigError(`${VARIABLES[name]} must be set in the environment`)
  }
  return /** @type {Credentials} */ (fields)
}

module.exports = {
  FIELDS,
  IDENTITY,
  checkCredentials,
  checkIdentity,
  credentialsFromEnvironment,
  credentialsFromFunction,
  fieldsFromEnvironment,
}
