// The compiler's own language server, asked what an editor asks it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const types = join(dirname(dirname(fileURLToPath(import.meta.url))), 'types')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const capabilities = { textDocument: { hover: { contentFormat: ['markdown'] } } }
const START = "import type { Session } from 'tradovate-session'\ndeclare const session: Session\n"

/** A client of the Language Server Protocol that asks as an editor does. Each text begins with a `session`. */
export class LanguageServer {
  #server = spawn(process.execPath, [tsc, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  #waiting = new Map()
  #received = Buffer.alloc(0)
  #requests = 0
  #documents = 0

  async start() {
    this.#server.stdout.on('data', bytes => this.#receive(bytes))
    await this.#ask('initialize', { processId: process.pid, rootUri: pathToFileURL(types).href, capabilities })
    this.#send({ method: 'initialized', params: {} })
  }

  /** What is offered at the `|` of a text. */
  async offersAt(text) {
    const { items } = await this.#askAt('textDocument/completion', text)
    return items.map(({ label }) => label)
  }

  /** What is shown for the name that begins at the `|` of a text, in Markdown. */
  async shownAt(text) {
    const hover = await this.#askAt('textDocument/hover', text)
    return hover?.contents.value ?? ''
  }

  #askAt(method, given) {
    const text = START + given
    const lines = text.slice(0, text.indexOf('|')).split('\n')
    this.#documents += 1
    const uri = pathToFileURL(join(types, `being-written-${this.#documents}.ts`)).href
    const textDocument = { uri, languageId: 'typescript', version: 1, text: text.replace('|', '') }
    this.#send({ method: 'textDocument/didOpen', params: { textDocument } })
    const position = { line: lines.length - 1, character: lines.at(-1).length }
    return this.#ask(method, { textDocument: { uri }, position })
  }

  async close() {
    const closed = once(this.#server, 'close')
    await this.#ask('shutdown')
    this.#send({ method: 'exit' })
    await closed
  }

  #ask(method, params) {
    this.#requests += 1
    const id = this.#requests
    this.#send({ id, method, params })
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #send(message) {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    this.#server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  #receive(bytes) {
    this.#received = Buffer.concat([this.#received, bytes])
    for (;;) {
      const head = this.#received.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString('latin1', 0, head))[1])
      const end = head + 4 + length
      if (this.#received.length < end) return
      const message = JSON.parse(this.#received.toString('utf8', head + 4, end))
      this.#received = this.#received.subarray(end)
      this.#take(message)
    }
  }

  /** An answer to a question of ours, or a question of the server's, which wants to know how the editor is set. */
  #take({ id, method, params, result, error }) {
    if (method === undefined) {
      const { resolve, reject } = this.#waiting.get(id)
      if (error) reject(new Error(error.message))
      else resolve(result)
    } else if (id !== undefined) {
      this.#send({ id, result: method === 'workspace/configuration' ? params.items.map(() => null) : null })
    }
  }
}
