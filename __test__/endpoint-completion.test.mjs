// What an editor offers while a call of request() is being written, asked of the compiler's own language server.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readFacts } from '../scripts/endpoint-types.mjs'

const types = join(dirname(fileURLToPath(import.meta.url)), 'types')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const START = "import type { Session } from 'tradovate-session'\ndeclare const session: Session\n"

const { operations, enums, entities } = readFacts()
const TOKEN_PATHS = ['auth/accesstokenrequest', 'auth/renewaccesstoken']
// Declared beside the documented ones, in the folder that the server works in.
const OWN_PATHS = ['margin/preview', 'margin/modes', 'margin/reset']

function documentedPaths(method) {
  const names = Object.keys(operations).filter(name => name.startsWith(method))
  return names.map(name => name.slice(method.length + 1)).filter(path => !TOKEN_PATHS.includes(path))
}

/** A client of the Language Server Protocol that asks for completions. */
class LanguageServer {
  #server = spawn(process.execPath, [tsc, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  #waiting = new Map()
  #received = Buffer.alloc(0)
  #requests = 0
  #documents = 0

  async start() {
    this.#server.stdout.on('data', bytes => this.#receive(bytes))
    await this.#ask('initialize', { processId: process.pid, rootUri: pathToFileURL(types).href, capabilities: {} })
    this.#send({ method: 'initialized', params: {} })
  }

  /** What is offered at the `|` of a line. */
  async offersAt(line) {
    const text = START + line
    const lines = text.slice(0, text.indexOf('|')).split('\n')
    this.#documents += 1
    const uri = pathToFileURL(join(types, `being-written-${this.#documents}.ts`)).href
    const textDocument = { uri, languageId: 'typescript', version: 1, text: text.replace('|', '') }
    this.#send({ method: 'textDocument/didOpen', params: { textDocument } })
    const position = { line: lines.length - 1, character: lines.at(-1).length }
    const { items } = await this.#ask('textDocument/completion', { textDocument: { uri }, position })
    return items.map(({ label }) => label)
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

const server = new LanguageServer()
before(() => server.start())
after(() => server.close())

for (const method of ['GET', 'POST']) {
  test(`every path of ${method} is offered, at once and while it is written`, async () => {
    const wanted = documentedPaths(method)
    for (const line of [
      `session.request('${method}', '|')`,
      `session.request('${method}', 'pos|`,
      `await session.request('${method}', 'o|', { timeoutMs: 5 })`,
    ]) {
      const offered = new Set(await server.offersAt(line))
      assert.deepEqual(
        wanted.filter(path => !offered.has(path)),
        [],
        line,
      )
      const others = [...offered].filter(path => path.includes('/') && !wanted.includes(path))
      assert.deepEqual(
        others.filter(path => !OWN_PATHS.includes(path)),
        [],
        line,
      )
    }
  })
}

test('a path that a user has declared is offered', async () => {
  const offered = await server.offersAt("session.request('GET', '|')")
  assert.ok(offered.includes('margin/preview'))
})

test('the verbs are offered', async () => {
  assert.deepEqual(await server.offersAt("session.request('|')"), ['GET', 'POST'])
})

test('the fields of a body and of a query are offered, and the values of an enum', async () => {
  const offersAt = async line => (await server.offersAt(line)).map(label => label.replace('?', '')).sort()
  assert.deepEqual(
    await offersAt("session.request('POST', 'order/placeorder', { body: { | } })"),
    Object.keys(entities.PlaceOrder).sort(),
  )
  assert.deepEqual(await offersAt("session.request('GET', 'contract/suggest', { query: { | } })"), ['l', 't'])
  assert.deepEqual(
    await offersAt("session.request('POST', 'order/placeorder', { body: { orderType: '|' } })"),
    [...enums.OrderType].sort(),
  )
  assert.deepEqual(await offersAt("session.request('GET', 'order/list', { | })"), ['purpose', 'signal', 'timeoutMs'])
})

test('the fields of an answer are offered', async () => {
  const offered = await server.offersAt("const [order] = await session.request('GET', 'order/list')\norder?.|")
  for (const field of Object.keys(entities.Order))
    assert.ok(
      offered.some(label => label.replace('?', '') === field),
      field,
    )
})
