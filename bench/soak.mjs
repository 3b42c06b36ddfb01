// The soak: half an hour against a server that closes idle connections early. A bot makes a call now and then, and none in the
// second half, after which its session counts as quiet.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { subjectFile } from './places.mjs'
import { start } from './processes.mjs'
import { receivedBy } from './server.mjs'

const MINUTE_MS = 60_000
const IDLE_CLOSE_MS = 5_000
/** Every call finds that the connection of the one before was closed. */
const CALL_EVERY_MS = 7_000
/** Five minutes after the last call connections are made less often. */
const QUIET_AFTER_MS = 5 * MINUTE_MS

const FULL = { points: 6, pointMs: 5 * MINUTE_MS, callingPoints: 3 }
const QUICK = { points: 4, pointMs: 15_000, callingPoints: 3 }
const stretchesOf = share => (share < 1 ? QUICK : FULL)

/** A successor is made somewhat earlier than the server closes a connection. */
const LEAST_BETWEEN_HANDSHAKES_MS = 4_000
const handshakesWithin = (ms, everyMs) => Math.ceil(ms / everyMs) + 1

const isQuiet = ({ quietMs, ms }) => quietMs - ms >= QUIET_AFTER_MS
const isKnown = figure => points => points[0][figure] !== null

export const soakRow = {
  id: 'soak',
  title: 'half an hour, a server that closes connections idle for 5 s',
  meaning:
    'A bot makes a call in 7 s, each after its connection was closed, and in the second half none; what each stretch brought, and what the process holds at its end.',
  along: 'minutes',
  isMostlyWaiting: true,
  server: { idleCloseMs: IDLE_CLOSE_MS },
  figures: [
    { key: 'calls', name: 'calls' },
    { key: 'lost', name: 'lost' },
    { key: 'twice', name: 'sent twice' },
    { key: 'handshakes', name: 'handshakes' },
    { key: 'descriptors', name: 'open descriptors' },
    { key: 'memoryMb', name: 'memory of its own', unit: 'MB' },
  ],
  plotted: 'handshakes',
  targets: [
    {
      title: 'nothing lost or sent twice',
      holds: points => points.every(({ lost, twice }) => lost + twice === 0),
    },
    {
      title: 'a handshake in 4 s at most',
      holds: points =>
        points.every(({ handshakes, ms }) => handshakes <= handshakesWithin(ms, LEAST_BETWEEN_HANDSHAKES_MS)),
    },
    {
      title: 'one a minute at most, 5 minutes after the last call',
      applies: points => points.some(isQuiet),
      holds: points =>
        points.filter(isQuiet).every(({ handshakes, ms }) => handshakes <= handshakesWithin(ms, MINUTE_MS)),
    },
    {
      title: 'at most one descriptor more than after the first stretch',
      applies: isKnown('descriptors'),
      holds: points => points.at(-1).descriptors <= points[0].descriptors + 1,
    },
    {
      title: 'at most 1 MB more than after the first stretch',
      applies: isKnown('memoryMb'),
      holds: points => points.at(-1).memoryMb <= points[0].memoryMb + 1,
    },
  ],
  measurePoints,
  expectedMs: share => stretchesOf(share).points * stretchesOf(share).pointMs,
}

async function measurePoints(server, { share }) {
  const { points: count, pointMs, callingPoints } = stretchesOf(share)
  const base = server.base('tls', { accounts: 5 })
  const job = { measure: 'soak', base, points: count, pointMs, callingPoints, callEveryMs: CALL_EVERY_MS }
  const child = start(process.execPath, ['--expose-gc', subjectFile, JSON.stringify(job)], {
    on: 'one',
    env: { ...process.env, NODE_EXTRA_CA_CERTS: server.ca },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    return await pointsOf(child, server, pointMs)
  } finally {
    child.kill()
  }
}

async function pointsOf(child, server, pointMs) {
  const closed = once(child, 'close')
  const points = []
  let handshakesBefore
  for await (const line of createInterface({ input: child.stdout })) {
    const { isEnd, ids, ...point } = JSON.parse(line)
    if (isEnd) break
    // This process asks the server: a connection for it would be among the descriptors of the other.
    const { handshakes } = await server.counts()
    if (ids) {
      const received = await receivedBy(server.origin, `${child.pid}-`)
      const twice = ids.filter(id => received[id]?.count > 1).length
      const made = handshakes - handshakesBefore
      const at = ((points.length + 1) * pointMs) / MINUTE_MS
      points.push({ at, ms: pointMs, ...point, twice, handshakes: made })
    }
    handshakesBefore = handshakes
  }
  const [code] = await closed
  if (code !== 0) throw new Error(`the process of the soak ended with ${code}`)
  return points
}
