'use strict'
// Checks what startSandbox was given and fills in the defaults.

const vm = require('node:vm')

// Test runners replace this realm's Date, maybe before it is read here. A realm of its own keeps the machine's.
const { now } = vm.runInNewContext('Date')

const MINUTE = 60_000
const LEAST_PACE_MS = 10

const QUOTAS = {
  failedLoginsPerHour: 5,
  renewalsPerHour: 15,
  failedMePerHour: 10,
  requestsPerHour: 5_000,
  anonymousRequestsPerHour: 1_000,
  penaltiesBeforeCaptcha: 5,
  backOffSeconds: undefined,
}

const MARKET = { seed: 1, paceMs: 1_000 }

const DEFAULTS = {
  port: 0,
  tokenLifetimeMs: 80 * MINUTE,
  maxSessions: 2,
  users: undefined,
  closedSessionStatus: 401,
  renewalKeepsOldToken: true,
  quotas: {},
  market: {},
  clockOffsetMs: 0,
  now,
  maxLog: 100_000,
}

const isWhole = (value, least, most = Number.MAX_SAFE_INTEGER) =>
  Number.isInteger(value) && value >= least && value <= most
const isLimit = value => value === Number.POSITIVE_INFINITY || isWhole(value, 0)

const CHECKS = {
  port: [value => isWhole(value, 0, 65_535), 'a port number, 0 for any free one'],
  tokenLifetimeMs: [value => Number.isFinite(value) && value > 0, 'a number of milliseconds above 0'],
  maxSessions: [value => isWhole(value, 1), 'a whole number from 1'],
  users: [value => value === undefined || (Array.isArray(value) && value.length > 0), 'an array of at least one user'],
  closedSessionStatus: [value => [401, 408, 429, 500].includes(value), '401, 408, 429 or 500'],
  renewalKeepsOldToken: [value => typeof value === 'boolean', 'true or false'],
  quotas: [value => value === false || isRecord(value), 'an object, or false for none'],
  market: [value => isRecord(value), 'an object'],
  clockOffsetMs: [value => Number.isFinite(value), 'a number of milliseconds'],
  now: [value => typeof value === 'function', 'a function that returns milliseconds since 1970'],
  maxLog: [value => isWhole(value, 1), 'a whole number from 1'],
}

function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function rejectUnknown(given, known, what) {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw new TypeError(`${what} has no '${key}'; it has ${known.join(', ')}`)
  }
}

/** Lays what is given over the defaults; a key that is given as undefined counts as left out. */
function withDefaults(defaults, given) {
  const filled = { ...defaults }
  for (const [key, value] of Object.entries(given)) if (value !== undefined) filled[key] = value
  return filled
}

function readQuotas(given) {
  if (given === false) {
    const none = Object.keys(QUOTAS).map(key => [key, Number.POSITIVE_INFINITY])
    return { ...Object.fromEntries(none), backOffSeconds: undefined }
  }
  rejectUnknown(given, Object.keys(QUOTAS), 'options.quotas')
  const quotas = withDefaults(QUOTAS, given)
  const { backOffSeconds, ...limits } = quotas
  if (backOffSeconds !== undefined && !(Number.isFinite(backOffSeconds) && backOffSeconds >= 0)) {
    throw new TypeError('options.quotas.backOffSeconds must be a number of seconds from 0')
  }
  for (const [key, value] of Object.entries(limits)) {
    if (!isLimit(value)) throw new TypeError(`options.quotas.${key} must be a whole number from 0, or Infinity`)
  }
  return quotas
}

function readMarket(given) {
  rejectUnknown(given, Object.keys(MARKET), 'options.market')
  const market = withDefaults(MARKET, given)
  if (!isWhole(market.seed, 0)) throw new TypeError('options.market.seed must be a whole number from 0')
  if (!(typeof market.paceMs === 'number' && market.paceMs >= LEAST_PACE_MS)) {
    throw new TypeError(`options.market.paceMs must be a number of milliseconds from ${LEAST_PACE_MS}, or Infinity`)
  }
  return market
}

function readOptions(given = {}) {
  if (!isRecord(given)) throw new TypeError('options must be an object')
  rejectUnknown(given, Object.keys(DEFAULTS), 'options')
  const options = withDefaults(DEFAULTS, given)
  for (const [key, [isGood, wanted]] of Object.entries(CHECKS)) {
    if (!isGood(options[key])) throw new TypeError(`options.${key} must be ${wanted}`)
  }
  return { ...options, quotas: readQuotas(options.quotas), market: readMarket(options.market) }
}

module.exports = { isRecord, readOptions, rejectUnknown }
