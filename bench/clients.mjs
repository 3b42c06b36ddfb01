// The clients that are measured, each as `open({ base, atOnce, h2 })`, which gives `{ getAccounts, getOrder, placeOrder, renew,
// close }`; ours has no `renew`.
//
// Each is used as its own documentation has it be used when speed counts: connections kept alive, as many as calls at once.
// Each checks the status and parses the body. The bench's authority reaches all of them by NODE_EXTRA_CA_CERTS.

import { tracingChannel } from 'node:diagnostics_channel'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { openOurs } from './ours.mjs'
import { OURS, OURS_NOT_WARM, OURS_TRACED } from './statistics.mjs'

const ORDER = { action: 'Buy', symbol: 'MESZ6', orderQty: 1, orderType: 'Market', isAutomated: true }
const headers = { accept: 'application/json', authorization: `Bearer ${'a'.repeat(240)}` }
const jsonHeaders = { ...headers, 'content-type': 'application/json' }

function checked(status) {
  if (status !== 200) throw new Error(`the server answered ${status}`)
}

/** The calls of a bot, by a client's `send(method, path, body)`. */
const callsBy = send => ({
  getAccounts: () => send('GET', '/account/list'),
  getOrder: id => send('GET', `/order/item?id=${id}`),
  placeOrder: id => send('POST', '/order/placeorder', { ...ORDER, clOrdId: id }),
  renew: id => send('GET', `/auth/renewaccesstoken?id=${id}`),
})

/** Ours, opened as a bot opens it. */
async function ours({ base }, options) {
  const session = await openOurs(base, options)
  return {
    session,
    getAccounts: () => session.getAccounts(),
    getOrder: id => session.request('GET', 'order/item', { query: { id } }),
    placeOrder: id => session.request('POST', 'order/placeorder', { body: { ...ORDER, clOrdId: id } }),
    close: () => session.close(),
  }
}

/** Ours in a bot that measures its calls, as docs/tracing.md shows it. */
function oursTraced(how) {
  const durations = new Map()
  for (const name of ['request', 'login', 'renewal']) {
    tracingChannel(`tradovate-session:${name}`).asyncEnd.subscribe(({ path, durationMs }) => {
      const { count, sum } = durations.get(path) ?? { count: 0, sum: 0 }
      durations.set(path, { count: count + 1, sum: sum + durationMs })
    })
  }
  return ours(how)
}

async function undici({ base, atOnce, h2 }, options) {
  const { Pool } = await import('undici')
  const { origin, pathname } = new URL(base)
  // Over HTTP/2 one connection carries all calls.
  const connections = h2 ? { allowH2: true, connections: 1, pipelining: atOnce } : { connections: atOnce }
  const pool = new Pool(origin, { ...connections, ...options })
  async function send(method, path, content) {
    const request = { path: pathname + path, method, headers }
    const posted = content && { headers: jsonHeaders, body: JSON.stringify(content) }
    const { statusCode, body } = await pool.request({ ...request, ...posted })
    checked(statusCode)
    return body.json()
  }
  return { ...callsBy(send), close: () => pool.close() }
}

const KEPT_MS = 10 * 60_000
const LONGEST_IDLE_MS = 45_000

/**
 * undici by who knows that the bot is idle for minutes and that load balancers close what is idle for one: it keeps connections
 * as long as the server does, and uses one before it is idle for a minute, at the price of a request.
 */
async function undiciTuned(how) {
  const client = await undici(how, { keepAliveTimeout: KEPT_MS, keepAliveMaxTimeout: KEPT_MS })
  const beat = setInterval(() => client.getOrder(`${process.pid}-beat`).catch(() => {}), LONGEST_IDLE_MS)
  const used =
    call =>
    (...given) => {
      beat.refresh()
      return call(...given)
    }
  return {
    ...client,
    getOrder: used(client.getOrder),
    placeOrder: used(client.placeOrder),
    close() {
      clearInterval(beat)
      return client.close()
    },
  }
}

async function nodeFetch({ base }) {
  async function send(method, path, body) {
    const posted = body && { headers: jsonHeaders, body: JSON.stringify(body) }
    const response = await fetch(base + path, { method, headers, redirect: 'error', ...posted })
    checked(response.status)
    return response.json()
  }
  return { ...callsBy(send), close() {} }
}

/** Reads a whole answer, whose status `statusOf` knows, off a stream. */
function read(stream, statusOf, resolve, reject) {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', part => {
    text += part
  })
  stream.on('error', reject)
  stream.on('end', () => {
    try {
      checked(statusOf())
      resolve(JSON.parse(text))
    } catch (error) {
      reject(error)
    }
  })
}

async function nodeHttp({ base, atOnce }) {
  const module = base.startsWith('https') ? https : http
  const agent = new module.Agent({ keepAlive: true, maxSockets: atOnce })
  const { hostname: host, port, pathname } = new URL(base)
  const send = (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body && JSON.stringify(body)
      const posted = text && { headers: { ...jsonHeaders, 'content-length': Buffer.byteLength(text) } }
      const options = { agent, method, headers, host, port, path: pathname + path, ...posted }
      const take = response => read(response, () => response.statusCode, resolve, reject)
      module.request(options, take).on('error', reject).end(text)
    })
  return { ...callsBy(send), close: () => agent.destroy() }
}

async function nodeHttp2({ base }) {
  const { origin, pathname } = new URL(base)
  let session
  const connected = () => {
    // One that the server closed is replaced.
    if (session === undefined || session.closed || session.destroyed) {
      session = http2.connect(origin)
      session.on('error', () => {})
    }
    return session
  }
  const send = (method, path, body) =>
    new Promise((resolve, reject) => {
      const request = { ...(body ? jsonHeaders : headers), ':method': method, ':path': pathname + path }
      const stream = connected().request(request)
      let status
      stream.on('response', answer => {
        status = answer[':status']
      })
      stream.on('close', () => reject(lost(`the stream was closed with code ${stream.rstCode}`)))
      read(stream, () => status, resolve, reject)
      stream.end(body && JSON.stringify(body))
    })
  return { ...callsBy(send), close: () => session?.close() }
}

const lost = message => Object.assign(new Error(message), { code: 'ECONNRESET' })

const agents = atOnce => ({
  http: new http.Agent({ keepAlive: true, maxSockets: atOnce }),
  https: new https.Agent({ keepAlive: true, maxSockets: atOnce }),
})

async function axios({ base, atOnce }) {
  const { default: client } = await import('axios')
  const { http: httpAgent, https: httpsAgent } = agents(atOnce)
  const instance = client.create({ httpAgent, httpsAgent, headers, maxRedirects: 0, proxy: false })
  const send = async (method, path, body) => (await instance.request({ method, url: base + path, data: body })).data
  return {
    ...callsBy(send),
    close() {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

async function got({ base, atOnce, h2 }) {
  const { default: client } = await import('got')
  const agent = agents(atOnce)
  const options = { headers, followRedirect: false, retry: { limit: 0 }, ...(h2 ? { http2: true } : { agent }) }
  const instance = client.extend(options)
  const send = (method, path, json) => instance(base + path, { method, json }).json()
  return {
    ...callsBy(send),
    close() {
      agent.http.destroy()
      agent.https.destroy()
    },
  }
}

export const clients = {
  [OURS]: how => ours(how),
  [OURS_NOT_WARM]: how => ours(how, { keepWarm: false }),
  [OURS_TRACED]: oursTraced,
  undici: how => undici(how),
  'undici, tuned': undiciTuned,
  fetch: nodeFetch,
  'node:https': nodeHttp,
  'node:http2': nodeHttp2,
  axios,
  got,
}
