// Checks values against types/endpoints.json, the table of Tradovate's operations, entities and enums.

import { readFileSync } from 'node:fs'

const TABLE = new URL('../../types/endpoints.json', import.meta.url)

export const { operations, entities, enums } = JSON.parse(readFileSync(TABLE, 'utf8'))

const isTime = text => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))
const WITHIN = { int32: 2 ** 31 - 1, int64: Number.MAX_SAFE_INTEGER }

const CHECKS = {
  boolean: value => typeof value === 'boolean',
  integer: (value, { format = 'int64' }) => Number.isInteger(value) && Math.abs(value) <= WITHIN[format],
  number: value => Number.isFinite(value),
  object: value => typeof value === 'object' && value !== null,
  string: (value, { maxLength = Number.POSITIVE_INFINITY, format, enum: name }) =>
    typeof value === 'string' &&
    value.length <= maxLength &&
    (format !== 'date-time' || isTime(value)) &&
    (name === undefined || enums[name].includes(value)),
}

/** What is wrong with a value of a type (`string`, `Order`, `Order[]`), each fault with its place; nothing if all is well. */
export function faultsOf(value, type, rule = {}, at = type) {
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${at} is no array`]
    return value.flatMap((each, index) => faultsOf(each, type.slice(0, -2), rule, `${at}[${index}]`))
  }
  if (type in CHECKS) return CHECKS[type](value, rule) ? [] : [`${at} is ${JSON.stringify(value)}, no ${type}`]
  if (!CHECKS.object(value)) return [`${at} is no object`]
  return entityFaults(value, entities[type], at)
}

function entityFaults(entity, fields, at) {
  const missing = Object.entries(fields).filter(
    ([name, { required, answered }]) => (required || answered) && !(name in entity),
  )
  const unknown = Object.keys(entity).filter(name => !(name in fields))
  const known = Object.entries(entity).filter(([name]) => name in fields)
  return [
    ...missing.map(([name]) => `${at}.${name} is missing`),
    ...unknown.map(name => `${at}.${name} is not documented`),
    ...known.flatMap(([name, value]) => faultsOf(value, fields[name].type, fields[name], `${at}.${name}`)),
  ]
}
