'use strict'
// The loopback ports of the sandbox: the one in force, those that were left, and spares for the next moves.

const http = require('node:http')

const LOOPBACK = '127.0.0.1'
const KEEP_ALIVE_MS = 60_000
const PURPOSES = ['live', 'demo', 'mdLive', 'mdDemo', 'replay', 'reportingLive', 'reportingDemo']

// Listening takes a turn of the event loop and moving must not, so ports are opened ahead of need.
const SPARES = 3

class Host {
  isLeft = false
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

  async close() {
    const isOpen = await this.#opened.then(
      () => true,
      () => false,
    )
    if (!isOpen) return
    const closed = new Promise(resolve => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
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
      this.current = await this.#add(port).open()
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
    // Without a port for it there is no spare, and the move that would have needed it says so.
    this.#addSpare().catch(() => {})
  }

  /** The address of a host that is not the one in force. */
  get other() {
    return (this.#spares[0] ?? this.#all[0]).address
  }

  get apiHosts() {
    return Object.fromEntries(PURPOSES.map(purpose => [purpose, this.current.address]))
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
