// A Tradovate of raw bytes: it logs in and renews as the real one, and does to every other call what the test says.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'

const pem = readFileSync(fileURLToPath(new URL('../tls/localhost.pem', import.meta.url)))

/** An answer in bytes, with the time of now: the client's clock follows it. */
export function answer(status, body = '', headers = []) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const date = `Date: ${new Date().toUTCString()}`
  const head = [
    `HTTP/1.1 ${status} x`,
    date,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
    ...headers,
  ]
  return `${head.join('\r\n')}\r\n\r\n${text}`
}

export class Upstream {
  /** How many calls of each path were read to their end. */
  calls = new Map()
  /** How long a token is good. */
  lifeMs = 3_600_000
  /** Makes what the token request and the renewal are answered, if not with a token. */
  auth = undefined
  /** Whether each renewal is one of a session that a third login has closed. */
  refuseRenewals = false
  #server
  #sockets = new Set()
  #generation = 0
  #does
  #hosts

  /** `does(socket, path)` deals with every call but those for a token; `hosts` are what `apiHosts` name. */
  static async start(does, { hosts = {}, tls = false } = {}) {
    const upstream = new Upstream()
    upstream.#does = does
    upstream.#hosts = hosts
    const serve = socket => upstream.#serve(socket)
    upstream.#server = tls ? createTlsServer({ key: pem, cert: pem }, serve) : createServer(serve)
    await once(upstream.#server.listen(0, '127.0.0.1'), 'listening')
    return upstream
  }

  get port() {
    return this.#server.address().port
  }

  get baseUrl() {
    return `http://127.0.0.1:${this.port}/v1`
  }

  close() {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket) {
    this.#sockets.add(socket)
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
    let read = ''
    socket.setEncoding('latin1').on('data', bytes => {
      read += bytes
      const length = Number(read.match(/\r\ncontent-length: (\d+)/i)?.[1] ?? 0)
      const head = read.indexOf('\r\n\r\n')
      if (head < 0 || read.length < head + 4 + length) return
      const path = read.match(/ \/v1\/(\S+) /)[1].toLowerCase()
      read = ''
      this.calls.set(path, (this.calls.get(path) ?? 0) + 1)
      if (path === 'auth/renewaccesstoken' && this.refuseRenewals) socket.end(answer(401))
      else if (path.startsWith('auth/')) socket.end(this.auth?.() ?? this.#token())
      else this.#does(socket, path)
    })
  }

  #token() {
    this.#generation += 1
    return answer(200, {
      accessToken: `canary-token-${this.#generation}`,
      expirationTime: new Date(Date.now() + this.lifeMs).toISOString(),
      userId: 1,
      apiHosts: this.#hosts,
    })
  }
}

/** A server that does this to each connection as soon as it is made. */
export async function onConnection(does) {
  const server = createServer(socket => does(socket.on('error', () => {})))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: server.address().port, close: () => server.close() }
}

const STOPPED = `
const server = require('node:net').createServer()
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

/** A port where connections hang before they are made: nobody accepts, and the queue is full. */
export async function hangingPort() {
  const child = spawn(process.execPath, ['-e', STOPPED], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = await once(child.stdout, 'data')
  const port = Number(text)
  const queued = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  // A backlog of one has room for two.
  await Promise.all(queued.slice(0, 2).map(socket => once(socket, 'connect')))
  return {
    port,
    close() {
      for (const socket of queued) socket.destroy()
      child.kill('SIGKILL')
    },
  }
}
