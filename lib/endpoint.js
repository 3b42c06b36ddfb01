'use strict'
// Checks and encodes what an endpoint is called with: verb, path, query, body, and whose host.

const { isNumberObject } = require('node:util/types')

const { ConfigError } = require('../errors.js')
const { fieldOf, isPlainObject, oneOf, refuse } = require('../input/checks.js')
const POST_PATHS = require('./post-paths.js')

/** @typedef {import('../index.js').HostPurpose} HostPurpose */

/** @type {readonly ['GET', 'POST']} */
const METHODS = ['GET', 'POST']
/** @type {readonly HostPurpose[]} */
const PURPOSES = ['live', 'demo', 'mdLive', 'mdDemo', 'replay', 'reportingLive', 'reportingDemo']
// Of path and query: no longer URL can be sent.
const LONGEST_TARGET = 60_000
const CALL_FIELDS = ['query', 'body', 'purpose']
const PATH = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/
const AUTH_CALLS = ['auth/accesstokenrequest', 'auth/renewaccesstoken']

/** @param {unknown} value */
function methodName(value) {
  return oneOf(value, 'method', METHODS)
}

/**
 * @param {unknown} value
 * @param {string} field
 */
function purposeName(value, field) {
  return oneOf(value, field, PURPOSES)
}

/**
 * @param {unknown} value
 * @param {string} method
 */
function pathText(value, method) {
  const wanted = "an endpoint like 'account/list': letters, digits, '-', '_', '.' and single '/'"
  if (typeof value !== 'string') return refuse('path', wanted)
  if (/[?#]/.test(value)) refuse('path', `${wanted}; parameters go into options.query`)
  const path = value.replace(/^\//, '')
  if (/^v1(\/|$)/i.test(path)) refuse('path', `${wanted}; leave out /v1`)
  // A URL loses a lone dot on the way: the call would reach another endpoint than the one that was checked here.
  if (!PATH.test(path) || path.includes('..') || path.split('/').includes('.')) refuse('path', wanted)
  if (AUTH_CALLS.includes(path.toLowerCase())) {
    refuse('path', 'another endpoint: the session logs in and renews by itself, and renew() renews now')
  }
  if (method === 'GET' && POST_PATHS.has(path.toLowerCase())) {
    refuse('method', `'POST' for ${path}: a GET is sent again after a lost connection`)
  }
  return path
}

/**
 * @param {string | number | boolean} value
 * @param {string} field
 */
function encoded(value, field) {
  if (!String(value).isWellFormed()) refuse(field, 'text without lone surrogates')
  return encodeURIComponent(value)
}

/**
 * Separates the elements of a list, such as one of ids, by commas.
 *
 * @param {unknown} value
 * @param {string} field
 */
function queryValue(value, field) {
  const isList = Array.isArray(value) && value.length > 0 && Array.from(value).every(Number.isFinite)
  if (isList) return value.join(',')
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return refuse(field, 'a string, a finite number, a boolean or a list of numbers that is not empty')
}

/** @param {unknown} query */
function queryText(query) {
  if (query === undefined) return ''
  if (!isPlainObject(query)) {
    return refuse('options.query', 'a plain object of strings, finite numbers, booleans and lists of numbers')
  }
  const pairs = Object.entries(query).map(([name, value]) => {
    const field = fieldOf('options.query', name)
    return `${encoded(name, field)}=${encoded(queryValue(value, field), field)}`
  })
  return pairs.join('&')
}

/**
 * @param {unknown} body
 * @returns {string | undefined}
 */
function json(body) {
  try {
    const text = JSON.stringify(body)
    // JSON writes what is not finite as null. Few bodies have one.
    if (text?.includes('null')) refuseNotFinite(body)
    return text
  } catch (error) {
    if (error instanceof ConfigError) throw error
    return undefined
  }
}

/** @param {unknown} body */
function refuseNotFinite(body) {
  /** @type {Map<unknown, string>} */
  const fields = new Map()
  JSON.stringify(body, function (name, value) {
    const owner = fields.get(this)
    const field = owner === undefined ? 'options.body' : memberOf(owner, name, Array.isArray(this))
    const isNumber = typeof value === 'number' || isNumberObject(value)
    if (isNumber && !Number.isFinite(Number(value))) refuse(field, 'a finite number')
    if (typeof value === 'object') fields.set(value, field)
    return value
  })
}

/**
 * @param {string} owner
 * @param {string} name
 * @param {boolean} isElement
 */
function memberOf(owner, name, isElement) {
  return isElement ? `${owner}[${name}]` : fieldOf(owner, name)
}

/**
 * @param {unknown} body
 * @param {string} method
 */
function bodyText(body, method) {
  if (body === undefined) return null
  if (method === 'GET') throw new ConfigError('options.body must be absent with GET')
  const text = json(body)
  if (text === undefined) refuse('options.body', 'a value that JSON can hold')
  return text
}

/**
 * @param {string} path
 * @param {string} query
 */
function targetText(path, query) {
  if (path.length + query.length > LONGEST_TARGET) {
    throw new ConfigError(`path and query must have at most ${LONGEST_TARGET} characters together, encoded`)
  }
  return { path, query }
}

/**
 * @param {'GET' | 'POST'} method
 * @param {unknown} path
 * @param {Record<string, unknown>} given Those of `CALL_FIELDS`.
 */
function callOf(method, path, given) {
  return {
    method,
    ...targetText(pathText(path, method), queryText(given.query)),
    body: bodyText(given.body, method),
    purpose: given.purpose === undefined ? null : purposeName(given.purpose, 'options.purpose'),
  }
}

module.exports = { CALL_FIELDS, METHODS, PURPOSES, callOf, methodName, pathText, purposeName, targetText }
