// What tests of the service run in: a sandbox, a private folder, and processes that are ended with the test.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import tradovate from '../../index.js'
import { startSandbox } from '../../sandbox/index.js'
import { until } from '../bots/index.mjs'
import { addressIn, hasSockets } from './address.mjs'

export const exists = path =>
  access(path).then(
    () => true,
    () => false,
  )

export async function atHome(options, run) {
  const sandbox = await startSandbox(options)
  const folder = await mkdtemp(join(tmpdir(), 'token-service-'))
  const open = []
  const socket = { socketPath: join(folder, 'token.sock') }
  const port = { port: 0, secretFile: join(folder, 'secret') }
  const address = await addressIn(folder)
  const home = {
    sandbox,
    socket,
    port,
    address,
    // The file that is there while a service is at that address.
    addressFile: address.socketPath ?? address.secretFile,
    addresses: hasSockets ? [socket, port] : [port],
    folder,
    // Whatever has a close() of its own, or is a process.
    keep(thing) {
      open.push(thing)
      return thing
    },
    // A session of the sandbox's user in this process.
    async open(options) {
      const { baseUrl, credentials } = sandbox
      return home.keep(await tradovate.Session.open(credentials, { baseUrl, store: { type: 'memory' }, ...options }))
    },
    async connect(options) {
      return home.keep(await tradovate.connect({ timeoutMs: 5000, ...options }))
    },
    run(name, ...args) {
      const child = fork(fileURLToPath(new URL(name, import.meta.url)), args, { stdio: 'inherit' })
      return home.keep(new Process(child))
    },
    // A process that serves, its record in memory unless another store is given.
    async serving(options, store = { type: 'memory' }) {
      const { baseUrl, credentials } = sandbox
      const child = home.run('serving.mjs', JSON.stringify({ baseUrl, credentials, store, options }))
      const { serving, metricsPort, accessToken } = await child.says('serving')
      return Object.assign(child, { address: serving, metricsPort, accessToken })
    },
  }
  try {
    await run(home)
  } finally {
    for (const thing of open.reverse()) await thing.close()
    await sandbox.close()
    await rm(folder, { recursive: true })
  }
}

class Process {
  #child
  #said = []
  #listening = []
  ended

  constructor(child) {
    this.#child = child
    this.ended = once(child, 'exit')
    child.on('message', message => {
      const at = this.#listening.findIndex(({ name }) => name in message)
      if (at < 0) this.#said.push(message)
      else this.#listening.splice(at, 1)[0].heard(message)
    })
    this.ended.then(([code, signal]) => {
      for (const { name, failed } of this.#listening.splice(0)) {
        failed(new Error(`the process ended with ${code ?? signal} before it said ${name}`))
      }
    })
  }

  // The next message, or one that has come already, with this field.
  says(name) {
    const at = this.#said.findIndex(message => name in message)
    if (at >= 0) return Promise.resolve(this.#said.splice(at, 1)[0])
    return new Promise((heard, failed) => this.#listening.push({ name, heard, failed }))
  }

  send(message) {
    this.#child.send(message)
  }

  async does(deed, argument) {
    this.send({ deed, argument })
    return (await this.says('done')).result
  }

  async kill(signal = 'SIGKILL') {
    this.#child.kill(signal)
    await this.ended
    // Wine tells the end of a process a while before it closes the ports.
    if (this.address?.port) await until(() => isClosed(this.address.port))
  }

  async close() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill()
  }
}

/** Whether nothing listens at this port. */
function isClosed(port) {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', hadError => resolve(hadError))
  })
}
