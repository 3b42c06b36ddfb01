'use strict'
// The loopback ports of the sandbox: the first one, the one in force, those that were left or retired, and spares for the next
// moves.

const http = require('node:http')

const { isRecord, rejectUnknown } = require('./options.js')

const LOOPBACK = '127.0.0.1'
const KEEP_ALIVE_MS = 60_000
const PURPOSES = ['live', 'demo', 'mdLive', 'mdDemo', 'replay', 'reportingLive', 'reportingDemo']

// Listening takes a turn of the event loop and moving must not, so ports are opened ahead of need.
const SPARES = 3

const RETIRED = ['refuse', 'hang']
const NAMED_AFTERWARDS = ['first', 'new', 'retired']

/** What a retired host does, as `{ status }` or `{ fault }`, and which host `apiHosts` name afterwards. */
function readRetirement(given) {
  if (!isRecord(given)) throw new TypeError('the retirement must be an object')
  rejectUnknown(given, ['status', 'fault', 'apiHosts'], 'the retirement')
  const { status, fault, apiHosts = 'first' } = given
  if (status !== undefined && fault !== undefined) throw new TypeError('the retirement has status or fault, not both')
  if (fault !== undefined && !RETIRED.includes(fault)) throw new TypeError(`fault must be one of ${RETIRED.join(', ')}`)
  if (status !== undefined && !(Number.isInteger(status) && status >= 400 && status <= 599)) {
    throw new TypeError('status must be a whole number from 400 to 599')
  }
  if (!NAMED_AFTERWARDS.includes(apiHosts)) {
    throw new TypeError(`apiHosts must be one of ${NAMED_AFTERWARDS.join(', ')}`)
  }
  return { ...(fault === undefined ? { status: status ?? 404 } : { fault }), apiHosts }
}

class Host {
  isLeft = false
  /** How it answers since it was retired: `{ status }` or `{ fault }`. */
  retired
  #server
  #sockets = new Set()
  #opened

  constructor(port, serve) {
    this.#server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
      serve(this, request, response),
    )
    this.#server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#opened = new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port, host: LOOPBACK, exclusive: true }, resolve)
    })
  }

  async open() {
    await this.#opened
    this.address = `${LOOPBACK}:${this.#server.address().port}`
    return this
  }

  retire(how) {
    this.retired = how
    if (how.fault === 'refuse') this.#stop()
  }

  async close() {
    const isOpen = await this.#opened.then(
      () => true,
      () => false,
    )
    if (!isOpen) return
    await this.#stop()
  }

  #stop() {
    const closed = new Promise(resolve => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    return closed
  }
}

class Hosts {
  #serve
  #all = []
  #spares = []
  #isClosed = false

  constructor(serve) {
    this.#serve = serve
  }

  async open(port) {
    try {
      this.first = await this.#add(port).open()
      this.current = this.first
      this.told = this.first
      await Promise.all(Array.from({ length: SPARES }, () => this.#addSpare()))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  move() {
    if (this.#isClosed) throw new Error('the sandbox is closed')
    if (this.#spares.length === 0) {
      throw new Error('the hosts moved too often at once: let the event loop turn before the next move')
    }
    this.current.isLeft = true
    this.current = this.#spares.shift()
    this.told = this.current
    // Without a port for it there is no spare, and the move that would have needed it says so.
    this.#addSpare().catch(() => {})
  }

  /**
   * Retires the host that `apiHosts` name. From then on they name the first host, a new one, or go on to name the retired one, as
   * `apiHosts` says ('first', 'new' or 'retired').
   */
  retire(given = {}) {
    const { apiHosts, ...how } = readRetirement(given)
    if (this.#isClosed) throw new Error('the sandbox is closed')
    if (this.told === this.first) {
      throw new Error('apiHosts name the first host, which cannot be retired: call moveHosts() before')
    }
    if (this.told.retired) throw new Error('the host that apiHosts name is retired already')
    const host = this.told
    if (apiHosts === 'new') this.move()
    else {
      this.first.isLeft = false
      this.current = this.first
      if (apiHosts === 'first') this.told = this.first
    }
    host.retire(how)
  }

  /** Which address is what. */
  get roles() {
    const addresses = isSo => this.#all.filter(isSo).map(({ address }) => address)
    return {
      first: this.first.address,
      told: this.told.address,
      left: addresses(({ isLeft, retired }) => isLeft && !retired),
      retired: addresses(({ retired }) => retired),
    }
  }

  /** The address of a host that is not the one in force. */
  get other() {
    return (this.#spares[0] ?? this.#all[0]).address
  }

  get apiHosts() {
    return Object.fromEntries(PURPOSES.map(purpose => [purpose, this.told.address]))
  }

  async close() {
    this.#isClosed = true
    await Promise.all(this.#all.map(host => host.close()))
  }

  #add(port) {
    const host = new Host(port, this.#serve)
    this.#all.push(host)
    return host
  }

  async #addSpare() {
    this.#spares.push(await this.#add(0).open())
  }
}

module.exports = { Hosts }
