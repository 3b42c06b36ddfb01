// The parent's side of bots in processes of their own, and what all tests with them share.

import { fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '../../sandbox/index.js'

const SCRIPT = fileURLToPath(new URL('bot.mjs', import.meta.url))

/** A process with sessions by name; each asked act is a promise that rejects with the error that the bot saw. */
export class Bot extends EventEmitter {
  /** All that it heard: tokens and warnings. */
  heard = []
  #child
  #open = new Map()
  #last = 0

  /** `command` is what Node is started with. */
  constructor(env = process.env, [execPath, ...execArgv] = [process.execPath]) {
    super()
    this.setMaxListeners(0)
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc']
    this.#child = fork(SCRIPT, { env, execPath, execArgv, serialization: 'advanced', stdio })
    this.ended = once(this.#child, 'exit')
    this.#child.on('message', message => this.#receive(message))
    this.#child.on('exit', () => {
      for (const { reject } of this.#open.values()) reject(new Error('the bot has ended'))
    })
  }

  static async start(env, command) {
    const bot = new Bot(env, command)
    await bot.hears(({ heard }) => heard === 'ready')
    return bot
  }

  open(sandbox, { abortAfterMs, ...options }, name = 'main', credentials = sandbox.credentials) {
    const { baseUrl } = sandbox
    return this.ask('open', { name, credentials, options: { baseUrl, timeoutMs: 10_000, ...options }, abortAfterMs })
  }

  request(path, { method = 'GET', ...options } = {}, name = 'main') {
    return this.ask('request', { name, method, path, options })
  }

  ask(act, details = { name: 'main' }) {
    return new Promise((resolve, reject) => {
      this.#last += 1
      this.#open.set(this.#last, { resolve, reject })
      // A bot that has been killed says so by ending.
      this.#child.send({ id: this.#last, act, ...details }, () => {})
    })
  }

  /** The first thing heard, from the start on, that fits. */
  async hears(fits) {
    for (;;) {
      const found = this.heard.find(fits)
      if (found) return found
      await once(this, 'heard')
    }
  }

  kill(signal = 'SIGKILL') {
    this.#child.kill(signal)
  }

  /** Leaves it to itself: it ends once nothing is left for it to do. */
  disconnect() {
    this.#child.disconnect()
  }

  async end() {
    this.kill()
    await this.ended
  }

  #receive({ id, value, error, ...news }) {
    if (id === undefined) {
      this.heard.push(news)
      this.emit('heard')
      return
    }
    const { resolve, reject } = this.#open.get(id)
    this.#open.delete(id)
    if (error) reject(Object.assign(new Error(error.message), error))
    else resolve(value)
  }
}

/** Runs with a sandbox, a folder for records, and as many bots as it starts; all of them are gone afterwards. */
export async function withBots(options, run) {
  const sandbox = await startSandbox({ quotas: false, ...options })
  const parent = mkdtempSync(join(tmpdir(), 'tradovate-session-bots-'))
  const path = join(parent, 'state')
  const bots = []
  const start = async (count = 1, env = process.env) => {
    const started = await Promise.all(Array.from({ length: count }, () => Bot.start(env)))
    bots.push(...started)
    return count === 1 ? started[0] : started
  }
  const endAll = () => Promise.all(bots.map(bot => bot.end()))
  try {
    return await run({ sandbox, path, store: { type: 'file', path }, start, endAll })
  } finally {
    await endAll()
    await sandbox.close()
    rmSync(parent, { recursive: true, force: true })
  }
}

/** The files of logins in a state folder: those of the address ledger lie beside them. */
export const filesOfLogins = path => readdirSync(path).filter(name => !name.startsWith('address-'))

/** Waits until it is so. */
export async function until(isSo, everyMs = 5) {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, everyMs))
}

/** What became of the calls of an endpoint, in order. */
export const outcomes = (sandbox, endpoint) =>
  sandbox.log.filter(call => call.endpoint === endpoint).map(call => call.outcome)

/** Asked for by each process on systems whose runs cannot be told from one another: Tradovate's time. */
const TIME = process.platform === 'linux' ? undefined : 'HEAD'

/** How many calls there were, but for those. */
export const callsTo = sandbox => sandbox.log.filter(({ method }) => method !== TIME).length

export const LOGIN = 'auth/accesstokenrequest'
export const RENEWAL = 'auth/renewaccesstoken'
