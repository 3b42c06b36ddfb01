'use strict'
// fetch() takes what the platform's own takes, and gives its Response. What the core cannot send is refused before anything is sent.

const { isAnyArrayBuffer, isUint8Array } = require('node:util/types')

const { ConfigError, ProtocolError } = require('../errors.js')
const { abortSignal, isObject, refuse } = require('../input/checks.js')
const { Deadline } = require('./deadline.js')

/** @typedef {import('../index.js').HostPurpose} HostPurpose */
/** @typedef {{ baseUrl: string, firstBaseUrl: string }} ToldHost The base URL of a purpose now, and before any host was told. */
/**
 * The caller's arguments, read. `owner` is the Request: its signal follows another one's abort only while it is not collected.
 *
 * @typedef {{
 *   method: string, target: string, content: unknown, signal: AbortSignal | undefined, owner: object | undefined,
 * }} ReadRequest
 */

// What a caller cannot be answered without.
const GLOBALS = ['Headers', 'Response']
const INPUT_WANTED = "a path like '/position/list', a URL or a Request"
const BODY_WANTED = 'JSON: a string, bytes, a Blob or a ReadableStream of them'

// The arguments.

/** Headers by which a caller authenticates. The others have no meaning to Tradovate and are left out. */
const LOGIN_HEADERS = ['authorization', 'cookie', 'proxy-authorization']
const JSON_TYPE = /^application\/([\w.-]+\+)?json\b/i
// The type that a string has where none is given.
const PLAIN_TYPE = /^text\/plain\b/i

/**
 * A Request of whatever library or realm.
 *
 * @param {unknown} input
 * @returns {input is Request}
 */
function isRequest(input) {
  return isObject(input) && typeof input.url === 'string' && typeof input.method === 'string'
}

/** @param {unknown} input */
function targetOf(input) {
  if (typeof input === 'string') return input
  if (isRequest(input)) return input.url
  return isObject(input) && typeof input.href === 'string' ? input.href : refuse('input', INPUT_WANTED)
}

/** @param {unknown} given */
function headersOf(given) {
  try {
    return new Headers(/** @type {ConstructorParameters<typeof Headers>[0]} */ (given))
  } catch {
    return refuse('init.headers', 'names and values of headers')
  }
}

/** @param {unknown} given */
function refuseOddHeaders(given) {
  if (given === undefined) return
  const headers = headersOf(given)
  const login = LOGIN_HEADERS.find(name => headers.has(name))
  if (login) throw new ConfigError(`headers must not have ${login}: the session authenticates its calls itself`)
  refuseOddType(headers.get('content-type'))
}

/** @param {string | null} type */
function refuseOddType(type) {
  if (type && !JSON_TYPE.test(type) && !PLAIN_TYPE.test(type)) refuse('the content-type', 'application/json')
}

/** @param {unknown} method */
function methodText(method) {
  return typeof method === 'string' ? method.toUpperCase() : refuse('method', 'a string')
}

/**
 * @param {unknown} input
 * @param {unknown} init
 * @returns {ReadRequest}
 */
function readRequest(input, init = {}) {
  const missing = GLOBALS.find(name => typeof Reflect.get(globalThis, name) !== 'function')
  if (missing) throw new ConfigError(`fetch needs the global ${missing}, which this program has not: use request()`)
  const target = targetOf(input)
  if (!isObject(init)) return refuse('init', 'an object')
  const request = isRequest(input) ? input : undefined
  refuseOddHeaders(init.headers ?? request?.headers)
  const method = methodText(init.method ?? request?.method ?? 'GET')
  const content = init.body ?? (request ? unreadBody(request) : undefined)
  if (content !== undefined && method === 'GET') throw new ConfigError('the body must be absent with GET')
  const signal = init.signal === undefined ? request?.signal : (init.signal ?? undefined)
  return {
    method,
    target,
    content,
    signal: signal === undefined ? undefined : abortSignal(signal, 'init.signal'),
    owner: request,
  }
}

/** @param {Request} request */
function unreadBody(request) {
  if (request.bodyUsed) refuse('input', 'a Request whose body nobody has read')
  return request.body ?? undefined
}

// The body, which is read whole before anything is sent.

const MOST_BODY_BYTES = 1024 * 1024

/**
 * Gives the text of the body, or null for none. Waiting for the body counts in `timeoutMs`.
 *
 * @param {ReadRequest} request
 * @param {number} timeoutMs
 */
async function bodyText({ content, signal }, timeoutMs) {
  if (content === undefined) return null
  const text = typeof content === 'string' ? content.toWellFormed() : decoded(await bytesOf(content, signal, timeoutMs))
  if (text === '') return null
  if (Buffer.byteLength(text) > MOST_BODY_BYTES) refuseLength()
  try {
    JSON.parse(text)
  } catch {
    refuse('the body', BODY_WANTED)
  }
  return text
}

/** @returns {never} */
function refuseLength() {
  throw new ConfigError(`the body must have at most ${MOST_BODY_BYTES} bytes`)
}

/** @param {Uint8Array} bytes */
function decoded(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('the body', 'text in UTF-8')
  }
}

/**
 * @param {unknown} content
 * @param {AbortSignal | undefined} signal
 * @param {number} timeoutMs
 */
async function bytesOf(content, signal, timeoutMs) {
  if (isAnyArrayBuffer(content)) return new Uint8Array(content)
  if (ArrayBuffer.isView(content)) return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
  const reader = readerOf(content)
  const deadline = new Deadline(signal, timeoutMs, "reading the request's body")
  try {
    return await readAll(() => deadline.within(reader.read()))
  } catch (error) {
    reader.cancel(error).catch(() => {})
    throw error
  } finally {
    deadline.end()
  }
}

/**
 * @param {unknown} content
 * @returns {ReadableStreamDefaultReader<unknown>}
 */
function readerOf(content) {
  const isKnown = typeof content === 'object' && content !== null
  if (!isKnown) refuse('the body', BODY_WANTED)
  try {
    // It knows every kind of body that fetch takes, and the type of each.
    const wrapped = new Response(/** @type {ConstructorParameters<typeof Response>[0]} */ (content))
    refuseOddType(wrapped.headers.get('content-type'))
    return /** @type {ReadableStream} */ (wrapped.body).getReader()
  } catch (error) {
    if (error instanceof ConfigError) throw error
    return refuse('the body', `${BODY_WANTED}, which nobody has read`)
  }
}

/** @param {() => Promise<{ done: boolean, value?: unknown }>} read */
async function readAll(read) {
  const chunks = []
  let length = 0
  for (;;) {
    const { done, value } = await read()
    if (done) return Buffer.concat(chunks)
    if (!isUint8Array(value)) return refuse('each chunk of the body', 'a Uint8Array')
    length += value.length
    if (length > MOST_BODY_BYTES) refuseLength()
    chunks.push(value)
  }
}

// Where the call goes.

const ABSOLUTE = /^[a-z][a-z\d+.-]*:/i
const VERSION = /^\/?v1\//

/** @type {Record<import('../index.js').Environment, readonly [HostPurpose, ...HostPurpose[]]>} */
const PURPOSES_OF = {
  live: ['live', 'mdLive', 'replay', 'reportingLive'],
  demo: ['demo', 'mdDemo', 'replay', 'reportingDemo'],
}

/** The base URLs below which the hosts of a session's environment serve. */
class BaseUrls {
  #environment
  #told
  /**
   * The base URLs that the session has given its owner: a client may keep one after Tradovate has named another host.
   *
   * @type {Map<string, HostPurpose>}
   */
  #given = new Map()

  /**
   * @param {() => import('../index.js').Environment} environment
   * @param {(purpose: HostPurpose) => ToldHost} told
   */
  constructor(environment, told) {
    this.#environment = environment
    this.#told = told
  }

  /**
   * Remembers that the owner was given the host of a purpose.
   *
   * @param {HostPurpose} purpose
   * @param {string} baseUrl
   */
  give(purpose, baseUrl) {
    this.#given.set(baseUrl, purpose)
  }

  /**
   * Gives whose host a target is on, the path below its base URL, and the query.
   *
   * @param {string} target
   */
  find(target) {
    const [own] = PURPOSES_OF[this.#environment()]
    if (!ABSOLUTE.test(target)) {
      const { path, query } = split(target)
      return { purpose: own, path: path.replace(VERSION, ''), query }
    }
    const url = URL.canParse(target) ? new URL(target).href : ''
    for (const [baseUrl, purpose] of this.#all()) {
      if (url.startsWith(`${baseUrl}/`)) return { purpose, ...split(url.slice(baseUrl.length + 1)) }
    }
    const { firstBaseUrl } = this.#told(own)
    return refuse('input', `a path like '/position/list', or a URL on a host of this session, as below ${firstBaseUrl}`)
  }

  /** @returns {Generator<[string, HostPurpose]>} */
  *#all() {
    const purposes = PURPOSES_OF[this.#environment()]
    for (const purpose of purposes) {
      const { baseUrl, firstBaseUrl } = this.#told(purpose)
      yield [baseUrl, purpose]
      yield [firstBaseUrl, purpose]
    }
    for (const [baseUrl, purpose] of this.#given) if (purposes.includes(purpose)) yield [baseUrl, purpose]
  }
}

/** @param {string} text */
function split(text) {
  const [whole] = text.split('#', 1)
  const mark = whole.indexOf('?')
  if (mark < 0) return { path: whole, query: '' }
  return { path: whole.slice(0, mark), query: new URL(whole.slice(mark), 'http://localhost').search.slice(1) }
}

// The answer.

const WITHOUT_BODY = [204, 205, 304]

/**
 * @param {{ url: string, status: number, reason: string, headers: [string, string][] }} head
 * @param {Uint8Array | null} bytes
 */
function responseFrom({ url, status, reason, headers }, bytes) {
  if (status < 200 || status > 599) {
    const outcome = 'unknown'
    throw new ProtocolError(`Tradovate answered HTTP ${status}, which no Response can have`, { status, outcome })
  }
  const body = WITHOUT_BODY.includes(status) ? null : bytes
  const response = new Response(body, { status, statusText: reason, headers })
  return Object.defineProperty(response, 'url', { value: url, configurable: true })
}

module.exports = { BaseUrls, bodyText, readRequest, responseFrom }
