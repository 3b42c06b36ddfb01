// A Redis of a test's own, as Debian packages it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from '../../scripts/free-port.mjs'
import { findProgram } from '../../scripts/programs.mjs'

// Debian has the server in redis-tools, under the name of a tool that is the same program.
const NAMES = ['redis-server', 'redis-check-rdb']
const PROGRAM = findProgram(NAMES)

/** Why a test that needs Redis is left out; false where there is one, and under CI, where a missing one is a failure. */
export const skipWithoutRedis = !PROGRAM && process.env.CI !== 'true' && 'no redis-server is here'

export class Redis {
  #host
  #password
  #child
  port

  constructor(host, password) {
    this.#host = host
    this.#password = password
  }

  /** One that listens at this address, wants this password if there is one, and keeps nothing on disk. */
  static async start({ host = '127.0.0.1', password = '' } = {}) {
    const redis = new Redis(host, password)
    await redis.start()
    return redis
  }

  get url() {
    const login = this.#password && `:${this.#password}@`
    return `redis://${login}${this.#host}:${this.port}`
  }

  /** Starts, or starts again at the same port, empty. */
  async start() {
    const chosen = this.port
    do {
      // Redis takes no port 0. Somebody else may take this one first: then another will do.
      this.port = chosen ?? (await freePort(this.#host))
    } while (!(await this.#run()) && chosen === undefined)
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  async #run() {
    const settings = { bind: this.#host, port: this.port, save: '', requirepass: this.#password, daemonize: 'no' }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    this.#child = spawn(PROGRAM ?? NAMES[0], args, { argv0: NAMES[0], cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface(this.#child.stdout)) {
      if (line.includes('Ready to accept connections')) {
        this.#child.stdout.resume()
        return true
      }
    }
    return false
  }
}
