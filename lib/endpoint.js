'use strict'
// What request() sends: method, path, query and body, checked and encoded.

const { ConfigError } = require('./errors.js')
const { purposeName } = require('./hosts.js')
const { fieldOf, isObject, object, oneOf, refuse } = require('./input.js')
const { WAIT_FIELDS, waitFields } = require('./options.js')

const METHODS = ['GET', 'POST']
const REQUEST_FIELDS = ['query', 'body', 'purpose', ...WAIT_FIELDS]
const PATH = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/
const AUTH_CALLS = ['auth/accesstokenrequest', 'auth/renewaccesstoken']

function pathText(value) {
  const wanted = "an endpoint like 'account/list': letters, digits, '-', '_', '.' and single '/'"
  if (typeof value !== 'string') refuse('path', wanted)
  if (/[?#]/.test(value)) refuse('path', `${wanted}; parameters go into options.query`)
  const path = value.replace(/^\//, '')
  // A lone dot would be dropped on the way, and another endpoint reached than was checked here.
  if (!PATH.test(path) || path.includes('..') || path.split('/').includes('.')) refuse('path', wanted)
  if (AUTH_CALLS.includes(path.toLowerCase())) {
    refuse('path', 'another endpoint: the session logs in and renews by itself, and renew() renews now')
  }
  return path
}

function encoded(value, field) {
  if (!String(value).isWellFormed()) refuse(field, 'text without lone surrogates')
  return encodeURIComponent(value)
}

function queryText(query) {
  if (query === undefined) return ''
  if (!isObject(query)) refuse('options.query', 'an object of strings, finite numbers and booleans')
  const pairs = Object.entries(query).map(([name, value]) => {
    const field = fieldOf('options.query', name)
    if (typeof value !== 'string' && typeof value !== 'boolean' && !Number.isFinite(value)) {
      refuse(field, 'a string, a finite number or a boolean')
    }
    return `${encoded(name, field)}=${encoded(value, field)}`
  })
  return pairs.join('&')
}

function json(body) {
  try {
    return JSON.stringify(body)
  } catch {
    return undefined
  }
}

function bodyText(body, method) {
  if (body === undefined) return null
  if (method === 'GET') throw new ConfigError('options.body must be absent with GET')
  const text = json(body)
  if (text === undefined) refuse('options.body', 'a value that JSON can hold')
  return text
}

function endpoint(method, path, options = {}, defaultTimeoutMs = undefined) {
  oneOf(method, 'method', METHODS)
  const given = object(options, 'options', REQUEST_FIELDS)
  return {
    call: {
      method,
      path: pathText(path),
      query: queryText(given.query),
      body: bodyText(given.body, method),
      purpose: given.purpose === undefined ? null : purposeName(given.purpose, 'options.purpose'),
    },
    wait: waitFields(given, defaultTimeoutMs),
  }
}

module.exports = { endpoint }
