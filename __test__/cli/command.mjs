// Runs the command tradovate-session as a process of its own, on pipes or in a pseudo-terminal.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '../../sandbox/index.js'
import '../own-state.mjs'
import { stateHome } from '../own-state.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))

export const command = join(root, 'cli', 'main.js')
const canMakeTerminal = process.platform !== 'win32' && spawnSync('python3', ['-c', 'import pty']).status === 0

/** Why a test that needs a terminal is left out; false where there can be one, and under CI, where none is a failure. */
export const skipWithoutTerminal = !canMakeTerminal && process.env.CI !== 'true' && 'no python3 with a pty module'

/** What no output may show. */
export const PASSWORD = 'canary-password-7f3a'
export const SEC = 'canary-sec-91bc'
export const STORE_PASSWORD = 'canary-password-of-the-store'
export const KEY = createHash('sha256').update('a key that seals').digest()
const KEY_TEXTS = ['latin1', 'utf8', 'hex', 'base64', 'base64url'].map(encoding => KEY.toString(encoding).slice(0, 20))
const SECRETS = [PASSWORD, SEC, STORE_PASSWORD, ...KEY_TEXTS, 'sandbox-token-', 'sandbox-md-token-', 'sandbox-ticket-']

export const hasControlCode = text => /\p{Cc}/u.test(text.replaceAll('\n', ''))

export async function withSandbox(options, run) {
  const accounts = [{ nickname: 'first' }, {}]
  const sandbox = await startSandbox({
    users: [{ name: 'someone', password: PASSWORD, cid: 8, sec: SEC, accounts }],
    ...options,
  })
  try {
    return await run(sandbox)
  } finally {
    await sandbox.close()
  }
}

export function variablesOf({ baseUrl, credentials: { name, password, appId, appVersion, cid, sec } }) {
  return {
    TRADOVATE_BASE_URL: baseUrl,
    TRADOVATE_NAME: name,
    TRADOVATE_PASSWORD: password,
    TRADOVATE_APP_ID: appId,
    TRADOVATE_APP_VERSION: appVersion,
    TRADOVATE_CID: String(cid),
    TRADOVATE_SEC: sec,
  }
}

/** A run of the command: what it has written so far, waiting for a text in it, typing, signals, and its end. */
export class Run {
  stdout = ''
  stderr = ''
  #child
  #ended
  #mayShow
  #wrote = new EventEmitter()

  /** `mayShow` is what of the secrets this run is asked to show. */
  constructor(args, { env = {}, terminal = false, mayShow = [], stdin = 'pipe', stdout = 'pipe', cwd } = {}) {
    const line = [process.execPath, command, ...args]
    const [program, ...rest] = terminal ? ['python3', join(here, 'terminal.py'), ...line] : line
    const { PATH, HOME } = process.env
    const basics = { PATH, HOME, XDG_STATE_HOME: stateHome, TERM: 'xterm', ...env }
    this.#child = spawn(program, rest, { env: basics, stdio: [stdin, stdout, 'pipe'], cwd })
    this.#mayShow = mayShow
    for (const name of ['stdout', 'stderr']) {
      this.#child[name]?.setEncoding('utf8').on('data', text => {
        this[name] += text
        this.#wrote.emit('more')
      })
    }
    this.#ended = once(this.#child, 'close').finally(() => this.#wrote.emit('more'))
  }

  get pid() {
    return this.#child.pid
  }

  /** Resolves once the output has this in it; fails if it ends without. */
  async shows(pattern) {
    for (;;) {
      const found = this.stdout.match(pattern) ?? this.stderr.match(pattern)
      if (found) return found
      const { exitCode, signalCode, stdout } = this.#child
      const isOver = (exitCode ?? signalCode) !== null && stdout.destroyed
      assert.ok(!isOver, `it ended without showing ${pattern}:\n${this.stdout}${this.stderr}`)
      await once(this.#wrote, 'more')
    }
  }

  type(text) {
    this.#child.stdin.write(text)
  }

  kill(signal) {
    this.#child.kill(signal)
  }

  /** Closes this end of the command's stdout, as a reader that has seen enough does. */
  stopReading() {
    this.#child.stdout.destroy()
  }

  async end() {
    const [status, signal] = await this.#ended
    const shown = `${this.stdout}${this.stderr}`
    for (const secret of SECRETS) {
      if (!this.#mayShow.includes(secret)) assert.ok(!shown.includes(secret), `a secret is shown:\n${shown}`)
    }
    return { status, signal, stdout: this.stdout, stderr: this.stderr }
  }
}

/** Runs the command to its end. */
export function runToEnd(args, options) {
  return new Run(args, { stdin: 'ignore', ...options }).end()
}
