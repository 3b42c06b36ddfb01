// The benchmark's server, and the proxy that makes it a distant one, as processes of their own that end with this one.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { proxyFile, serverProgram } from './places.mjs'
import { start } from './processes.mjs'

/**
 * `idleCloseMs`: how long a connection may be idle before the server closes it; without it none is closed. `roundTripMs`: how
 * long the way to the server and back takes for who uses `distantBase`. `isPinned`: whether it has a core of its own.
 */
export async function startServer({ idleCloseMs, roundTripMs, isPinned = true } = {}) {
  const server = await startProgram(serverProgram, [JSON.stringify({ idleCloseMs })], isPinned)
  const { ca, plain, tls, tlsH2 } = server.told
  const origins = originsOf({ plain, tls, tlsH2 })
  const proxy = roundTripMs && (await startProxy(roundTripMs, { plain, tls, tlsH2 }))
  return {
    ca,
    /** A base URL whose answers are as wished, such as `{ accounts: 5, lifeMs: 4000, delayMs: 500 }`. */
    base: (kind, wishes) => baseOf(origins[kind], wishes),
    /** The same through the proxy. */
    distantBase: (kind, wishes) => baseOf(originsOf(proxy.told)[kind], wishes),
    /** Where the server tells what it has received. */
    origin: origins.plain,
    /** How often the server was asked for what. */
    async counts() {
      return (await fetch(`${origins.plain}/counts`)).json()
    },
    async close() {
      await proxy?.close()
      await server.close()
    },
  }
}

/** A proxy to each port of this machine; `told` has the ports by which it is reached. */
export function startProxy(roundTripMs, ports) {
  return startProgram(process.execPath, [proxyFile, JSON.stringify({ roundTripMs, ports })])
}

/** The requests whose ids begin so: `{ "<id>": { count, firstUs } }`, by the clock that `process.hrtime()` reads. */
export async function receivedBy(origin, prefix) {
  return (await fetch(`${origin}/received?${prefix}`)).json()
}

function originsOf({ plain, tls, tlsH2 }) {
  return {
    plain: `http://127.0.0.1:${plain}`,
    tls: `https://localhost:${tls}`,
    tlsH2: `https://localhost:${tlsH2}`,
  }
}

function baseOf(origin, wishes) {
  const text = Object.entries(wishes).map(([name, value]) => `${name}=${value}`)
  return `${origin}/${text.join(',')}/v1`
}

/** A program that tells one line of JSON when it is ready, and ends when its standard input does. */
async function startProgram(program, args, isPinned = true) {
  const child = start(program, args, { on: isPinned ? 'server' : undefined, stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'close').then(([code]) => Promise.reject(new Error(`${program} ended with ${code}`))),
  ])
  return {
    told: JSON.parse(line),
    async close() {
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
    },
  }
}
