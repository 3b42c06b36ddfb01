'use strict'
// The control port: a sandbox's handles as small JSON over HTTP, for programs in other languages on this machine.

const http = require('node:http')

const { isRecord, rejectUnknown } = require('./options.js')

const LOOPBACK = '127.0.0.1'
const MOST_BODY_BYTES = 64 * 1024
const LIMITS = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 }
// What a browser says of itself; a page has no business here.
const BROWSER_HEADERS = ['origin', 'referer', 'sec-fetch-site', 'sec-fetch-mode']

/** The calls: what each does to the sandbox with the fields that it may have. */
const CALLS = {
  'GET /counts': { act: sandbox => sandbox.counts },
  'GET /hosts': { act: sandbox => sandbox.hosts },
  'GET /log': { act: sandbox => sandbox.log },
  'GET /quotas': { act: sandbox => sandbox.quotas },
  'POST /allow': {
    fields: ['endpoints', 'user'],
    act: (sandbox, { endpoints, user }) => sandbox.allow(endpoints, user),
  },
  'POST /clear-faults': { fields: [], act: sandbox => sandbox.clearFaults() },
  'POST /deny': { fields: ['endpoints', 'user'], act: (sandbox, { endpoints, user }) => sandbox.deny(endpoints, user) },
  'POST /evict': { fields: ['user'], act: (sandbox, { user }) => sandbox.evict(user) },
  // The sandbox checks the fields of these two itself.
  'POST /inject': { act: (sandbox, fault) => sandbox.inject(withForever(fault)) },
  'POST /move-hosts': { fields: [], act: sandbox => sandbox.moveHosts() },
  'POST /move-price': {
    fields: ['symbol', 'price'],
    act: (sandbox, { symbol, price }) => sandbox.movePrice(symbol, price),
  },
  'POST /price': { fields: ['symbol'], act: (sandbox, { symbol }) => ({ price: sandbox.price(symbol) }) },
  'POST /retire-host': { act: (sandbox, how) => sandbox.retireHost(how) },
}

/** JSON has no Infinity. */
const withForever = fault => (fault.times === 'Infinity' ? { ...fault, times: Number.POSITIVE_INFINITY } : fault)

/** Opens the control port of a sandbox on 127.0.0.1; `close()` ends it, and it does not keep the process alive. */
async function openControl(sandbox, { port = 0 } = {}) {
  const server = http.createServer(LIMITS, (request, response) => answer(request, response, sandbox))
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, LOOPBACK, resolve))
  server.unref()
  return {
    url: `http://${LOOPBACK}:${server.address().port}`,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(request, response, sandbox) {
  try {
    const [status, value] = isFromHere(request) ? await carryOut(request, sandbox) : refusal(403)
    send(response, status, value)
  } catch {
    // The client has gone in the middle of its request.
    response.destroy()
  }
}

/** Another host is a name that was bound to this address. */
function isFromHere({ headers, socket }) {
  const isBrowser = BROWSER_HEADERS.some(name => headers[name] !== undefined)
  return !isBrowser && ['127.0.0.1', 'localhost'].some(name => headers.host === `${name}:${socket.localPort}`)
}

const refusal = (status, error = 'refused') => [status, { error }]

async function carryOut(request, sandbox) {
  const text = await readBody(request)
  if (text === undefined) return refusal(413)
  const call = `${request.method} ${request.url}`
  if (!Object.hasOwn(CALLS, call)) return refusal(404)
  const { fields, act } = CALLS[call]
  const given = parse(text)
  if (!isRecord(given)) return refusal(400, 'the body must be a JSON object')
  try {
    if (fields !== undefined) rejectUnknown(given, fields, call)
    return [200, act(sandbox, given) ?? {}]
  } catch (error) {
    return refusal(400, error.message)
  }
}

async function readBody(request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes <= MOST_BODY_BYTES) chunks.push(chunk)
  }
  return bytes > MOST_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8')
}

function parse(text) {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return undefined
  }
}

function send(response, status, value) {
  const body = `${JSON.stringify(value)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}

module.exports = { openControl }
