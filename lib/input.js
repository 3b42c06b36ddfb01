'use strict'
// The checks of what callers hand in: each names the field and what is wanted, and never shows the value.

const { ConfigError } = require('./errors.js')

const SHOWABLE_NAME = /^[A-Za-z_$][\w$-]{0,63}$/
const VISIBLE_ASCII = /^[\x21-\x7e]+$/

function refuse(field, wanted) {
  throw new ConfigError(`${field} must be ${wanted}`)
}

// Lists, and maps such as URLSearchParams, whose entries are no fields, are none.
function isObject(value) {
  return typeof value === 'object' && value !== null && typeof value[Symbol.iterator] !== 'function'
}

// `owner.name`, unless the name is so odd that it could be a value in the wrong place.
function fieldOf(owner, name) {
  return SHOWABLE_NAME.test(name) ? `${owner}.${name}` : `a field of ${owner}`
}

function object(value, field, known, wanted = 'an object') {
  if (!isObject(value)) refuse(field, wanted)
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw new ConfigError(`${fieldOf(field, name)} is not known; known are ${known.join(', ')}`)
    }
  }
  return value
}

function text(value, field, { least = 0, most }) {
  const wanted = `a string of ${least === 0 ? 'at most' : `${least} to`} ${most} characters`
  // Characters as the schema counts them are code points, of at most two units each.
  const fits =
    typeof value === 'string' && value.length <= 2 * most && value.length >= least && [...value].length <= most
  if (!fits) refuse(field, wanted)
  if (!value.isWellFormed()) refuse(field, `${wanted} without lone surrogates`)
  return value
}

function integer(value, field, least, most = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    refuse(
      field,
      most === Number.MAX_SAFE_INTEGER ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`,
    )
  }
  return value
}

function boolean(value, field) {
  if (typeof value !== 'boolean') refuse(field, 'true or false')
  return value
}

function oneOf(value, field, choices) {
  if (!choices.includes(value)) refuse(field, choices.map(choice => `'${choice}'`).join(' or '))
  return value
}

function entityId(value, field) {
  return integer(value, field, 1)
}

// Each id once, in the order given.
function entityIds(value, field) {
  if (!Array.isArray(value)) refuse(field, 'an array of integers of at least 1')
  return [...new Set(Array.from(value, (id, index) => entityId(id, `${field}[${index}]`)))]
}

function accessToken(value) {
  if (typeof value !== 'string' || value.length > 8192 || !VISIBLE_ASCII.test(value)) {
    refuse('accessToken', 'a string of 1 to 8192 visible ASCII characters')
  }
  return value
}

function abortSignal(value, field) {
  if (!isObject(value) || typeof value.aborted !== 'boolean' || typeof value.addEventListener !== 'function') {
    refuse(field, 'an AbortSignal')
  }
  return value
}

module.exports = {
  abortSignal,
  accessToken,
  boolean,
  entityId,
  entityIds,
  fieldOf,
  integer,
  isObject,
  object,
  oneOf,
  refuse,
  text,
}
