'use strict'
// The options of calls and sessions, with their defaults.

const { homedir } = require('node:os')
const { posix, resolve, win32 } = require('node:path')
const { isUint8Array } = require('node:util/types')

const { ConfigError } = require('./errors.js')
const { abortSignal, boolean, entityId, integer, object, oneOf, refuse } = require('./input.js')

// The folder in which records are kept unless another one is named: where the system has a place for a user's state.

const NAME = 'tradovate-session'

// Undefined if there is none. `home` is asked only if it is needed, and may throw.
function stateFolder(platform, variables, home) {
  const { isAbsolute, join } = platform === 'win32' ? win32 : posix
  const named = platform === 'win32' ? variables.LOCALAPPDATA : variables.XDG_STATE_HOME
  if (named && isAbsolute(named)) return join(named, NAME)
  const folder = homeFolder(home)
  if (!folder || !isAbsolute(folder)) return undefined
  if (platform === 'win32') return join(folder, 'AppData', 'Local', NAME)
  if (platform === 'darwin') return join(folder, 'Library', 'Application Support', NAME)
  return join(folder, '.local', 'state', NAME)
}

function homeFolder(home) {
  try {
    return home()
  } catch {
    return undefined
  }
}

// Where a session keeps its record: the options, checked, with what they leave out.

const FIELDS = { memory: ['type'], file: ['type', 'path', 'key'], redis: ['type', 'url', 'prefix', 'key'] }
const TYPES = Object.keys(FIELDS)
const KEY_BYTES = 32
const LONGEST_PATH = 4096
const LONGEST_URL = 4096
const LONGEST_PREFIX = 256
const DEFAULT_PREFIX = 'tradovate-session:'
const REDIS_URL_WANTED = 'a redis:// or rediss:// URL with a host, and at most the number of a database after it'

function folder(path, field) {
  if (path === undefined) {
    const found = ownStateFolder()
    if (found === null) refuse(field, 'given: this user has no home folder')
    return found
  }
  const fits = typeof path === 'string' && path.length > 0 && path.length <= LONGEST_PATH && !path.includes('\0')
  if (!fits || !path.isWellFormed()) refuse(field, 'the path of a folder')
  return resolve(path)
}

// There may be a password in it, so it is shown nowhere.
function redisUrl(value, field) {
  const fits = typeof value === 'string' && value.length <= LONGEST_URL && /^rediss?:\/\/[^\s\\#]+$/i.test(value)
  if (!fits || !URL.canParse(value)) refuse(field, REDIS_URL_WANTED)
  const { hostname, pathname } = new URL(value)
  if (hostname === '' || !/^(\/\d{0,5})?$/.test(pathname)) refuse(field, REDIS_URL_WANTED)
  return value
}

function prefixText(value, field) {
  if (typeof value !== 'string' || value.length > LONGEST_PREFIX || !value.isWellFormed()) {
    refuse(field, `a text of at most ${LONGEST_PREFIX} characters`)
  }
  return value
}

// A copy: whoever wipes his own leaves this one as it is.
function sealKey(key, field) {
  if (!isUint8Array(key) || key.length !== KEY_BYTES) refuse(field, `a Uint8Array of ${KEY_BYTES} bytes`)
  return Uint8Array.from(key)
}

function ownStateFolder() {
  return stateFolder(process.platform, process.env, homedir) ?? null
}

// What goes to the core as text, and the key beside it.
function storeOptions(value, field) {
  if (value === undefined) return { config: { type: 'file', path: ownStateFolder(), isRequired: false } }
  const { type } = object(value, field, [...new Set(Object.values(FIELDS).flat())])
  oneOf(type, `${field}.type`, TYPES)
  const { path, url, prefix, key } = object(value, field, FIELDS[type])
  const seal = key === undefined ? undefined : sealKey(key, `${field}.key`)
  if (type === 'memory') return { config: { type } }
  if (type === 'file') return { config: { type, path: folder(path, `${field}.path`), isRequired: true }, key: seal }
  return {
    config: {
      type,
      url: redisUrl(url, `${field}.url`),
      prefix: prefix === undefined ? DEFAULT_PREFIX : prefixText(prefix, `${field}.prefix`),
      // For what Tradovate counts by address: each machine has one of its own.
      statePath: ownStateFolder(),
    },
    key: seal,
  }
}

const ENVIRONMENTS = ['live', 'demo']
const DEFAULT_TIMEOUT_MS = 30_000
const MOST_TIMEOUT_MS = 2 ** 31 - 1
const LEAST_RENEW_BEFORE_MS = 1000
const DEFAULT_RENEW_BEFORE_MS = 15 * 60_000
const DEFAULT_MAX_LOGINS = { count: 3, withinMs: 10 * 60_000 }
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/
const URL_WANTED = 'an absolute https URL (http on loopback only) without credentials, query or fragment'
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
const MOST_PORT = 65_535

function ifGiven(value, check, ...details) {
  return value === undefined ? undefined : check(value, ...details)
}

function environmentName(value, field) {
  return oneOf(value, field, ENVIRONMENTS)
}

// The host in the spelling that is compared and stored, no slash at the end.
function baseUrlText(value, field) {
  if (typeof value !== 'string' || !/^https?:\/\/[^\s\\?#@]+$/i.test(value) || !URL.canParse(value))
    refuse(field, URL_WANTED)
  const url = new URL(value)
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) refuse(field, URL_WANTED)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function timeout(value) {
  return integer(value, 'options.timeoutMs', 1, MOST_TIMEOUT_MS)
}

function loginLimit(value, field) {
  const { count, withinMs } = object(value, field, ['count', 'withinMs'])
  return { count: integer(count, `${field}.count`, 1, 100), withinMs: integer(withinMs, `${field}.withinMs`, 1000) }
}

function warmth(value) {
  return ifGiven(value, boolean, 'options.keepWarm') ?? true
}

function callFields(options) {
  return {
    environment: ifGiven(options.environment, environmentName, 'options.environment') ?? 'live',
    baseUrl: ifGiven(options.baseUrl, baseUrlText, 'options.baseUrl') ?? null,
    timeoutMs: ifGiven(options.timeoutMs, timeout) ?? DEFAULT_TIMEOUT_MS,
    signal: ifGiven(options.signal, abortSignal, 'options.signal'),
  }
}

function callOptions(options = {}) {
  return callFields(object(options, 'options', CALL_FIELDS))
}

function sessionOptions(options = {}) {
  object(options, 'options', SESSION_FIELDS)
  return {
    ...callFields(options),
    renewBeforeMs:
      ifGiven(options.renewBeforeMs, integer, 'options.renewBeforeMs', LEAST_RENEW_BEFORE_MS) ??
      DEFAULT_RENEW_BEFORE_MS,
    store: storeOptions(options.store, 'options.store'),
    onEviction: ifGiven(options.onEviction, oneOf, 'options.onEviction', ['login', 'stop']) ?? 'login',
    maxLogins: ifGiven(options.maxLogins, loginLimit, 'options.maxLogins') ?? DEFAULT_MAX_LOGINS,
    keepProcessAlive: ifGiven(options.keepProcessAlive, boolean, 'options.keepProcessAlive') ?? false,
    keepWarm: warmth(options.keepWarm),
  }
}

// Session options in which what the caller left out comes from the environment variables.
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

function filePath(value, field) {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) refuse(field, 'the path of a file')
  return value
}

// One of the two ways to reach a service, in the core's own form.
function serviceAddress({ socketPath, port, secretFile }, leastPort) {
  const isSocket = socketPath !== undefined
  if (isSocket === (port !== undefined || secretFile !== undefined)) {
    throw new ConfigError('options must have either socketPath, or port and secretFile')
  }
  if (isSocket) return { socketPath: filePath(socketPath, 'options.socketPath') }
  return {
    port: integer(port, 'options.port', leastPort, MOST_PORT),
    secretFile: filePath(secretFile, 'options.secretFile'),
  }
}

function serveOptions(options) {
  const { metricsPort, ...address } = object(options, 'options', SERVE_FIELDS)
  return {
    address: serviceAddress(address, 0),
    metricsPort: ifGiven(metricsPort, integer, 'options.metricsPort', 0, MOST_PORT) ?? null,
  }
}

function connectOptions(options) {
  const { environment, userId, timeoutMs, signal, keepWarm, ...address } = object(options, 'options', CONNECT_FIELDS)
  return {
    address: serviceAddress(address, 1),
    environment: ifGiven(environment, environmentName, 'options.environment') ?? null,
    userId: ifGiven(userId, entityId, 'options.userId') ?? null,
    timeoutMs: ifGiven(timeoutMs, timeout) ?? DEFAULT_TIMEOUT_MS,
    keepWarm: warmth(keepWarm),
    signal: ifGiven(signal, abortSignal, 'options.signal'),
  }
}

function waitFields(options, defaultTimeoutMs) {
  return {
    timeoutMs: ifGiven(options.timeoutMs, timeout) ?? defaultTimeoutMs,
    signal: ifGiven(options.signal, abortSignal, 'options.signal'),
  }
}

function waitOptions(options = {}, defaultTimeoutMs = DEFAULT_TIMEOUT_MS) {
  return waitFields(object(options, 'options', WAIT_FIELDS), defaultTimeoutMs)
}

module.exports = {
  KEY_BYTES,
  WAIT_FIELDS,
  baseUrlText,
  callOptions,
  connectOptions,
  environmentName,
  folder,
  prefixText,
  redisUrl,
  serveOptions,
  sessionOptions,
  sessionOptionsFromEnvironment,
  stateFolder,
  storeOptions,
  waitFields,
  waitOptions,
}
