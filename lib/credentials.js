'use strict'
// Credentials: their fields and limits, and where they come from.

const { ConfigError } = require('./errors.js')
const { object, refuse, text } = require('./input.js')

const FIELDS = ['name', 'password', 'appId', 'appVersion', 'deviceId', 'cid', 'sec']
const REQUIRED = ['name', 'password']
const VARIABLES = {
  name: 'TRADOVATE_NAME',
  password: 'TRADOVATE_PASSWORD',
  appId: 'TRADOVATE_APP_ID',
  appVersion: 'TRADOVATE_APP_VERSION',
  deviceId: 'TRADOVATE_DEVICE_ID',
  cid: 'TRADOVATE_CID',
  sec: 'TRADOVATE_SEC',
}
const DECIMAL = /^(0|[1-9]\d*)$/
// No form lets one in: it came with a file or a copy, and Tradovate would count the login as failed.
const LINE_BREAK = /[\0\r\n]/

function checkField(name, value, field) {
  if (name === 'cid' && typeof value === 'number') {
    if (!Number.isSafeInteger(value)) refuse(field, 'a string of at most 64 characters or a safe integer')
    return value
  }
  text(value, field, { least: REQUIRED.includes(name) ? 1 : 0, most: name === 'sec' ? 8192 : 64 })
  if (LINE_BREAK.test(value)) refuse(field, 'a string without line breaks or null characters')
  return value
}

function checkCredentials(value, wanted) {
  object(value, 'credentials', FIELDS, wanted)
  const credentials = {}
  for (const name of FIELDS) {
    const given = value[name]
    if (given === undefined && !REQUIRED.includes(name)) continue
    credentials[name] = checkField(name, given, `credentials.${name}`)
  }
  return credentials
}

async function credentialsFromFunction(ask) {
  return checkCredentials(await ask())
}

// The fields that variables give; an empty variable counts as unset.
function fieldsFromEnvironment(variables) {
  const fields = {}
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const given = variables[variable]
    if (!given) continue
    const value = name === 'cid' && DECIMAL.test(given) && Number.isSafeInteger(Number(given)) ? Number(given) : given
    fields[name] = checkField(name, value, variable)
  }
  return fields
}

function credentialsFromEnvironment(variables) {
  const fields = fieldsFromEnvironment(variables)
  for (const name of REQUIRED) {
    if (fields[name] === undefined) throw new ConfigError(`${VARIABLES[name]} must be set in the environment`)
  }
  return fields
}

module.exports = {
  checkCredentials,
  credentialsFromEnvironment,
  credentialsFromFunction,
  FIELDS,
  fieldsFromEnvironment,
}
