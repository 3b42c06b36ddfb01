'use strict'
// One HTTP request, read to its end and taken apart.

const { isRecord } = require('./options.js')

const MOST_BODY_BYTES = 64 * 1024
const PREFIX = '/v1/'

/** Reads on beyond the limit without keeping it, so that the refusal reaches a client that is still writing. */
async function readBody(request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes <= MOST_BODY_BYTES) chunks.push(chunk)
  }
  return bytes > MOST_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8')
}

/** undefined for what is no JSON object; a body that is empty has no fields. */
function parseObject(text) {
  if (text === '') return {}
  try {
    const value = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function parseUrl(text) {
  const base = 'http://127.0.0.1'
  return URL.canParse(text, base) ? new URL(text, base) : undefined
}

/** A field of a body as it would stand in a query; undefined if it could not. */
function textOf(value) {
  const isPlain = one => ['string', 'number'].includes(typeof one)
  if (isPlain(value)) return String(value)
  return Array.isArray(value) && value.every(isPlain) ? value.join(',') : undefined
}

/** Rejects when the client goes away in the middle of its request. */
async function readCall(request) {
  const text = await readBody(request)
  const url = parseUrl(request.url)
  const path = url?.pathname.toLowerCase() ?? ''
  const query = url?.searchParams ?? new URLSearchParams()
  const body = text === undefined ? undefined : parseObject(text)
  const ticket = request.method === 'POST' ? body?.['p-ticket'] : query.get('p-ticket')
  return {
    method: request.method,
    target: url === undefined ? '/' : `${url.pathname}${url.search}`,
    endpoint: path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path,
    query,
    body,
    parameter: name => textOf(body?.[name]) ?? query.get(name) ?? undefined,
    isTooLarge: text === undefined,
    ticket: ticket ?? undefined,
    accessToken: /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1],
    address: request.socket.remoteAddress,
  }
}

module.exports = { readCall }
