'use strict'
// Serves a page to a browser on this machine. It shows the state of a session as it changes, and can change nothing; a click asks
// for the balances.

const { readdirSync, readFileSync } = require('node:fs')
const { createServer } = require('node:http')
const { extname, join } = require('node:path')

const { Balances, Roster } = require('./page-accounts.js')
const { PageGuard } = require('./page-guard.js')
const { snapshotOf } = require('./page-snapshot.js')

const LOOPBACK = '127.0.0.1'
const LIVE_EVERY_MS = 5_000
const MOST_LIVE = 16
const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
}
const MOST_CONNECTIONS = 64

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}
const FOLDER = join(__dirname, 'page')
const FILES = new Set(readdirSync(FOLDER).filter(name => name !== 'index.html'))
/** Only a script of the page itself can send it: no link, image or form does, and no page of another origin. */
const ASKS = { name: 'x-page-asks', value: 'balances' }
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}
const REFUSAL = 'Nothing to see without the one-time link that tradovate-session gave, and each link works once.\n'

/**
 * Opens the page of a source, which `service` serves, on 127.0.0.1. Calls `linked(link)` with a link at once, and with another one
 * whenever a link has been used.
 */
async function openPage({ source, service, eventLog }, { port = 0, linked }) {
  const page = new Page(source, service, eventLog, linked)
  await page.listen(port)
  return page
}

class Page {
  #source
  #service
  #eventLog
  #roster
  #balances
  #linked
  #guard
  #live = new Set()
  #server = createServer(LIMITS, (request, response) => this.#answer(request, response))
  #timer

  constructor(source, service, eventLog, linked) {
    this.#source = source
    this.#service = service
    this.#eventLog = eventLog
    this.#linked = linked
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  async listen(port) {
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, LOOPBACK, resolve))
    this.#guard = new PageGuard(`${LOOPBACK}:${this.#server.address().port}`)
    const tell = () => this.#tellAll()
    this.#roster = new Roster(this.#source, this.#eventLog, tell)
    this.#balances = new Balances(this.#source, this.#roster, this.#eventLog, tell)
    for (const event of ['token', 'status', 'warning']) this.#source.on(event, tell)
    this.#timer = setInterval(tell, LIVE_EVERY_MS)
    this.#linked(this.#guard.newLink())
  }

  async close() {
    clearInterval(this.#timer)
    this.#balances.close()
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #answer(request, response) {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    const { refused, cookie, file } = this.#guard.judge(request)
    if (refused) this.#refuse(response, refused)
    else if (cookie) this.#welcome(response, cookie)
    else if (file === 'events') this.#startLive(response)
    else if (file === 'balances') this.#askForBalances(request, response)
    else if (file === '') this.#sendFile(response, 'index.html')
    else if (FILES.has(file)) this.#sendFile(response, file)
    else this.#refuse(response, 404)
  }

  #refuse(response, status) {
    const headers = status === 405 ? { Connection: 'close', Allow: 'GET' } : { Connection: 'close' }
    this.#send(response, status, 'text/plain; charset=utf-8', REFUSAL, headers)
  }

  #welcome(response, cookie) {
    const headers = { Location: this.#guard.folder, 'Set-Cookie': cookie, 'Content-Length': 0 }
    response.writeHead(303, headers).end()
    this.#linked(this.#guard.newLink())
  }

  #sendFile(response, name) {
    this.#send(response, 200, TYPES[extname(name).slice(1)], readFileSync(join(FOLDER, name)))
  }

  #askForBalances({ headers }, response) {
    if (headers[ASKS.name] !== ASKS.value) {
      this.#refuse(response, 403)
      return
    }
    this.#balances.ask(Date.now())
    response.writeHead(202, { 'Content-Length': 0 }).end()
  }

  #send(response, status, type, body, headers) {
    const about = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }
    response.writeHead(status, { ...headers, ...about }).end(body)
  }

  #startLive(response) {
    if (this.#live.size >= MOST_LIVE) {
      this.#refuse(response, 503)
      return
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
    this.#live.add(response)
    response.on('close', () => this.#live.delete(response))
    this.#tell(response)
  }

  #tellAll() {
    for (const response of this.#live) this.#tell(response)
  }

  #tell(response) {
    // Each message has all there is: a slow reader can miss one.
    if (response.writableNeedDrain) return
    const parts = {
      source: this.#source,
      service: this.#service,
      eventLog: this.#eventLog,
      roster: this.#roster,
      balances: this.#balances,
    }
    response.write(`data: ${JSON.stringify(snapshotOf(parts, Date.now()))}\n\n`)
  }
}

module.exports = { openPage }
