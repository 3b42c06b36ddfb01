// A distant server on this machine: a proxy that delivers each byte half a round trip later, and lets through as much as comes.
//
// A process of its own: takes `{ roundTripMs, ports: { name: port } }` as JSON, prints the ports by which it is reached under the
// same names, and ends when its standard input does. The client's TCP handshake with the proxy takes no time, so the first bytes
// of a connection wait one round trip longer.

import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

// Timers have a resolution of a millisecond, and are late as often as not.
const TIMER_MS = 2

async function until(time) {
  const early = time - performance.now() - TIMER_MS
  if (early > 0) await sleep(early)
  while (performance.now() < time) await turn()
}

/** Carries out what happens on one socket at another one, in the same order, each `delayMs` later and not before `notBefore`. */
function forward(from, to, delayMs, notBefore) {
  const events = []
  let isCarrying = false
  const carry = async () => {
    isCarrying = true
    for (let event = events.shift(); event; event = events.shift()) {
      await until(event.due)
      event.act()
    }
    isCarrying = false
  }
  const later = act => {
    events.push({ due: Math.max(performance.now(), notBefore) + delayMs, act })
    if (!isCarrying) carry()
  }
  from.on('data', bytes => later(() => to.writable && to.write(bytes)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => later(() => to.resetAndDestroy()))
}

function listen(port, roundTripMs) {
  const delayMs = roundTripMs / 2
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const established = performance.now() + roundTripMs
    forward(client, upstream, delayMs, established)
    forward(upstream, client, delayMs, established)
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject).listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
}

const { roundTripMs, ports } = JSON.parse(process.argv[2])
const reached = Object.entries(ports).map(async ([name, port]) => [name, await listen(port, roundTripMs)])
console.log(JSON.stringify(Object.fromEntries(await Promise.all(reached))))
process.stdin.resume().on('end', () => process.exit())
