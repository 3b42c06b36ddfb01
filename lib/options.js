'use strict'
// Checks the options of calls and sessions, and fills in their defaults.

const { homedir } = require('node:os')
const { posix, win32 } = require('node:path')

const { ConfigError } = require('../errors.js')
const {
  abortSignal,
  baseUrlText,
  boolean,
  entityId,
  environmentName,
  filePath,
  folderPath,
  integer,
  object,
  oneOf,
  portNumber,
  prefixText,
  redisUrl,
  refuse,
  sealKey,
} = require('../input/checks.js')

/** @typedef {import('../index.js').SessionOptions} SessionOptions */
/** @typedef {import('../index.js').CallOptions} CallOptions */
/** @typedef {Record<string, unknown>} Fields Options whose names are checked, and whose values are not. */

// The folder in which records are kept by default. It lies where the system keeps a user's state.

const NAME = 'tradovate-session'

/**
 * Gives undefined if the system has no such place for this user. The variable with the home folder is for Deno, which may refuse
 * `home()`.
 *
 * @param {string} platform
 * @param {NodeJS.ProcessEnv} variables
 * @param {() => string} home Called only if it is needed; may throw.
 */
function stateFolder(platform, variables, home) {
  const { isAbsolute, join } = platform === 'win32' ? win32 : posix
  const named = platform === 'win32' ? variables.LOCALAPPDATA : variables.XDG_STATE_HOME
  if (named && isAbsolute(named)) return join(named, NAME)
  const folder = homeFolder(home) ?? variables[platform === 'win32' ? 'USERPROFILE' : 'HOME']
  if (!folder || !isAbsolute(folder)) return undefined
  if (platform === 'win32') return join(folder, 'AppData', 'Local', NAME)
  if (platform === 'darwin') return join(folder, 'Library', 'Application Support', NAME)
  return join(folder, '.local', 'state', NAME)
}

/** @param {() => string} home */
function homeFolder(home) {
  try {
    return home()
  } catch {
    return undefined
  }
}

// The store in which a session keeps its record.

const FIELDS = { memory: ['type'], file: ['type', 'path', 'key'], redis: ['type', 'url', 'prefix', 'key'] }
const TYPES = /** @type {(keyof typeof FIELDS)[]} */ (Object.keys(FIELDS))
const DEFAULT_PREFIX = 'tradovate-session:'

/**
 * @param {unknown} path
 * @param {string} field
 */
function folder(path, field) {
  if (path !== undefined) return folderPath(path, field)
  const found = ownStateFolder()
  if (found === null) refuse(field, 'given: this user has no home folder')
  return found
}

function ownStateFolder() {
  return stateFolder(process.platform, process.env, homedir) ?? null
}

/**
 * Gives `config`, which goes to the core as JSON, and the key, which goes beside it.
 *
 * @param {unknown} value
 * @param {string} field
 * @returns {{ config: { type: string, path?: string | null, [name: string]: unknown }, key?: Uint8Array }}
 */
function storeOptions(value, field) {
  if (value === undefined) return { config: { type: 'file', path: ownStateFolder(), isRequired: false } }
  const given = object(value, field, [...new Set(Object.values(FIELDS).flat())], "an object such as { type: 'memory' }")
  const type = oneOf(given.type, `${field}.type`, TYPES)
  const { path, url, prefix, key } = object(value, field, FIELDS[type])
  const seal = key === undefined ? undefined : sealKey(key, `${field}.key`)
  if (type === 'memory') return { config: { type } }
  if (type === 'file') return { config: { type, path: folder(path, `${field}.path`), isRequired: true }, key: seal }
  return {
    config: {
      type,
      url: redisUrl(url, `${field}.url`),
      prefix: prefix === undefined ? DEFAULT_PREFIX : prefixText(prefix, `${field}.prefix`),
      // The address ledger is kept here: each machine has one of its own.
      statePath: ownStateFolder(),
    },
    key: seal,
  }
}

const DEFAULT_TIMEOUT_MS = 30_000
const MOST_TIMEOUT_MS = 2 ** 31 - 1
const LEAST_RENEW_BEFORE_MS = 1000
const DEFAULT_RENEW_BEFORE_MS = 15 * 60_000
/** @type {readonly ['login', 'stop']} */
const EVICTION_ANSWERS = ['login', 'stop']
const MOST_LOGINS = 100
const DEFAULT_MAX_LOGINS = { count: 3, withinMs: 10 * 60_000 }
const CALL_FIELDS = ['environment', 'baseUrl', 'timeoutMs', 'signal']
const SESSION_FIELDS = [
  ...CALL_FIELDS,
  'renewBeforeMs',
  'store',
  'onEviction',
  'maxLogins',
  'keepProcessAlive',
  'keepWarm',
]
const WAIT_FIELDS = ['timeoutMs', 'signal']
const ADDRESS_FIELDS = ['socketPath', 'port', 'secretFile']
const SERVE_FIELDS = [...ADDRESS_FIELDS, 'metricsPort']
const CONNECT_FIELDS = [...ADDRESS_FIELDS, 'environment', 'userId', 'timeoutMs', 'signal', 'keepWarm']

/**
 * @template {unknown[]} Details
 * @template Checked
 * @param {unknown} value
 * @param {(value: unknown, ...details: Details) => Checked} check
 * @param {Details} details
 */
function ifGiven(value, check, ...details) {
  return value === undefined ? undefined : check(value, ...details)
}

/** @param {unknown} value */
function timeout(value) {
  return integer(value, 'options.timeoutMs', 1, MOST_TIMEOUT_MS)
}

/**
 * @param {unknown} value
 * @param {string} field
 */
function loginLimit(value, field) {
  const { count, withinMs } = object(value, field, ['count', 'withinMs'])
  return {
    count: integer(count, `${field}.count`, 1, MOST_LOGINS),
    withinMs: integer(withinMs, `${field}.withinMs`, 1000),
  }
}

/** @param {unknown} value */
function keepWarmOption(value) {
  return ifGiven(value, boolean, 'options.keepWarm') ?? true
}

/** @param {Fields} options */
function callFields(options) {
  return {
    environment: ifGiven(options.environment, environmentName, 'options.environment') ?? 'live',
    baseUrl: ifGiven(options.baseUrl, baseUrlText, 'options.baseUrl') ?? null,
    timeoutMs: ifGiven(options.timeoutMs, timeout) ?? DEFAULT_TIMEOUT_MS,
    signal: ifGiven(options.signal, abortSignal, 'options.signal'),
  }
}

/** @param {unknown} options */
function callOptions(options = {}) {
  return callFields(object(options, 'options', CALL_FIELDS))
}

/** @param {unknown} given */
function sessionOptions(given = {}) {
  const options = object(given, 'options', SESSION_FIELDS)
  return {
    ...callFields(options),
    renewBeforeMs:
      ifGiven(options.renewBeforeMs, integer, 'options.renewBeforeMs', LEAST_RENEW_BEFORE_MS) ??
      DEFAULT_RENEW_BEFORE_MS,
    store: storeOptions(options.store, 'options.store'),
    onEviction: ifGiven(options.onEviction, oneOf, 'options.onEviction', EVICTION_ANSWERS) ?? 'login',
    maxLogins: ifGiven(options.maxLogins, loginLimit, 'options.maxLogins') ?? DEFAULT_MAX_LOGINS,
    keepProcessAlive: ifGiven(options.keepProcessAlive, boolean, 'options.keepProcessAlive') ?? false,
    keepWarm: keepWarmOption(options.keepWarm),
  }
}

/**
 * Takes what the options leave out from the environment variables.
 *
 * @param {SessionOptions | undefined} options
 * @param {NodeJS.ProcessEnv} variables
 */
function sessionOptionsFromEnvironment(options, variables) {
  const settings = sessionOptions(options)
  if (options?.environment === undefined && variables.TRADOVATE_ENVIRONMENT) {
    settings.environment = environmentName(variables.TRADOVATE_ENVIRONMENT, 'TRADOVATE_ENVIRONMENT')
  }
  if (options?.baseUrl === undefined && variables.TRADOVATE_BASE_URL) {
    settings.baseUrl = baseUrlText(variables.TRADOVATE_BASE_URL, 'TRADOVATE_BASE_URL')
  }
  return settings
}

/**
 * Gives one of the two ways to reach a service, in the core's own form.
 *
 * @param {Fields} address
 * @param {number} leastPort
 */
function serviceAddress({ socketPath, port, secretFile }, leastPort) {
  const isSocket = socketPath !== undefined
  if (isSocket === (port !== undefined || secretFile !== undefined)) {
    throw new ConfigError('options must have either socketPath, or port and secretFile')
  }
  if (isSocket) return { socketPath: filePath(socketPath, 'options.socketPath') }
  return {
    port: portNumber(port, 'options.port', leastPort),
    secretFile: filePath(secretFile, 'options.secretFile'),
  }
}

/** @param {unknown} options */
function serveOptions(options) {
  const { metricsPort, ...address } = object(options, 'options', SERVE_FIELDS)
  return {
    address: serviceAddress(address, 0),
    metricsPort: ifGiven(metricsPort, portNumber, 'options.metricsPort', 0) ?? null,
  }
}

/** @param {unknown} options */
function connectOptions(options) {
  const { environment, userId, timeoutMs, signal, keepWarm, ...address } = object(options, 'options', CONNECT_FIELDS)
  return {
    address: serviceAddress(address, 1),
    environment: ifGiven(environment, environmentName, 'options.environment') ?? null,
    userId: ifGiven(userId, entityId, 'options.userId') ?? null,
    timeoutMs: ifGiven(timeoutMs, timeout) ?? DEFAULT_TIMEOUT_MS,
    keepWarm: keepWarmOption(keepWarm),
    signal: ifGiven(signal, abortSignal, 'options.signal'),
  }
}

/** @param {Fields} options */
function waitFields(options, defaultTimeoutMs = DEFAULT_TIMEOUT_MS) {
  return {
    timeoutMs: ifGiven(options.timeoutMs, timeout) ?? defaultTimeoutMs,
    signal: ifGiven(options.signal, abortSignal, 'options.signal'),
  }
}

/** @param {unknown} options */
function waitOptions(options = {}, defaultTimeoutMs = DEFAULT_TIMEOUT_MS) {
  return waitFields(object(options, 'options', WAIT_FIELDS), defaultTimeoutMs)
}

module.exports = {
  EVICTION_ANSWERS,
  MOST_LOGINS,
  WAIT_FIELDS,
  callOptions,
  connectOptions,
  serveOptions,
  sessionOptions,
  sessionOptionsFromEnvironment,
  stateFolder,
  storeOptions,
  waitFields,
  waitOptions,
}
