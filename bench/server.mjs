// The benchmark's server, as a process of its own that ends with this one.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { serverProgram } from './places.mjs'
import { start } from './processes.mjs'

export async function startServer() {
  const child = start(serverProgram, [], { on: 'server', stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'close').then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
  ])
  const { ca, plain, tls, tlsH2 } = JSON.parse(line)
  const origins = {
    plain: `http://127.0.0.1:${plain}`,
    tls: `https://localhost:${tls}`,
    tlsH2: `https://localhost:${tlsH2}`,
  }
  return {
    ca,
    /** A base URL whose answers are as wished, such as `{ accounts: 5, lifeMs: 4000, delayMs: 500 }`. */
    base(kind, wishes) {
      const text = Object.entries(wishes).map(([name, value]) => `${name}=${value}`)
      return `${origins[kind]}/${text.join(',')}/v1`
    },
    /** How often the server was asked for what. */
    async counts() {
      return (await fetch(`${origins.plain}/counts`)).json()
    },
    async close() {
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
    },
  }
}
