// How the package grows: each row is measured at several sizes, ours alone. What counts is the shape.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { subjectFile } from './places.mjs'
import { figuresOf, start } from './processes.mjs'
import { soakRow } from './soak.mjs'

const MINUTE_MS = 60_000
const QUICK_IDLE_MS = 3_000
const idleMs = share => (share < 1 ? QUICK_IDLE_MS : MINUTE_MS)
/** So long 1,000 sessions take to open. */
const OPENING_MS = 4_000
// V8 sets up to 32 MB aside for new objects, once and the more the faster they are made, whoever makes them.
const FIXED_YOUNG_GENERATION = '--max-semi-space-size=1'

const subject = job => [subjectFile, JSON.stringify(job)]
const last = points => points.at(-1)
const all = (points, key, value) => points.every(point => point[key] === value)

export const growthRows = [
  {
    id: 'grow-sessions',
    title: 'sessions in one process',
    meaning: 'What each further session in a process takes, and what all of them do in a minute without a call.',
    along: 'sessions',
    at: [1, 10, 100, 1_000],
    quickAt: [1, 100, 1_000],
    figures: [
      { key: 'memoryMb', name: 'memory of its own', unit: 'MB' },
      { key: 'kbEach', name: 'each', unit: 'kB' },
      { key: 'threads', name: 'threads' },
      { key: 'timers', name: 'timers of Node' },
      { key: 'idleCpuMs', name: 'processor time in an idle minute', unit: 'ms' },
    ],
    plotted: 'memoryMb',
    targets: [
      {
        title: 'each ≤ 18 kB, V8’s young generation held at 1 MB',
        holds: points => last(points).kbEach !== null && last(points).kbEach <= 18,
      },
      { title: 'no thread each', holds: points => last(points).threads <= points[0].threads },
      { title: 'no timer of Node each', holds: points => last(points).timers <= points[0].timers },
    ],
    // Every figure is of a process alone, whatever the others do.
    areSizesSideBySide: true,
    pointMs: share => idleMs(share) + OPENING_MS,
    measurePoint(count, server, { share }) {
      const job = { measure: 'sessions', base: server.base('plain', { accounts: 5 }), count, idleMs: idleMs(share) }
      return figuresOf(process.execPath, ['--expose-gc', FIXED_YOUNG_GENERATION, ...subject(job)])
    },
  },
  {
    id: 'grow-callers',
    title: 'callers at an expiry',
    meaning: 'How many calls Tradovate gets when so many callers want a token that is being renewed.',
    along: 'callers',
    at: [1, 10, 100, 1_000],
    quickAt: [1, 1_000],
    figures: [
      { key: 'upstream', name: 'calls to Tradovate' },
      { key: 'spreadMs', name: 'from the first answered to the last', unit: 'ms' },
    ],
    plotted: 'upstream',
    targets: [{ title: 'one call to Tradovate', holds: points => all(points, 'upstream', 1) }],
    pointMs: () => 4_700,
    measurePoint(count, server) {
      // The renewal starts a quarter of the life before expiry, at 3 s, and is answered at 3.8 s; callers wait from 3.6 s on.
      const base = server.base('plain', { accounts: 5, lifeMs: 4_000, delayMs: 800 })
      return figuresOf(process.execPath, subject({ measure: 'callers', base, count, askBeforeMs: 330 }))
    },
  },
  {
    id: 'grow-dependents',
    title: 'dependents of a token service',
    meaning:
      'How many calls Tradovate gets from a token service with so many dependents, and how long a token takes them.',
    along: 'dependents',
    at: [1, 10, 50, 200],
    quickAt: [1, 200],
    figures: [
      { key: 'upstream', name: 'calls to Tradovate for two tokens' },
      { key: 'tokenP50Us', name: 'a token from the service, p50', unit: 'µs' },
    ],
    plotted: 'tokenP50Us',
    targets: [
      { title: 'two calls to Tradovate for two tokens', holds: points => all(points, 'upstream', 2) },
      { title: 'a token within 1 ms at p50', holds: points => points.every(point => point.tokenP50Us < 1_000) },
    ],
    pointMs: () => 7_500,
    measurePoint: measureDependents,
  },
  {
    id: 'grow-processes',
    title: 'processes on a file store',
    meaning: 'How many logins and renewals so many processes make together that share a file.',
    along: 'processes',
    at: [1, 5, 10, 20],
    quickAt: [1, 20],
    figures: [
      { key: 'logins', name: 'logins' },
      { key: 'renewals', name: 'renewals' },
      { key: 'tokens', name: 'tokens after it' },
    ],
    plotted: 'renewals',
    targets: [
      { title: 'one login, one renewal', holds: points => all(points, 'logins', 1) && all(points, 'renewals', 1) },
      { title: 'the identical token everywhere', holds: points => all(points, 'tokens', 1) },
    ],
    pointMs: () => 16_500,
    measurePoint: measureProcesses,
  },
  soakRow,
]

async function measureDependents(count, server) {
  const folder = mkdtempSync(join(tmpdir(), 'tradovate-bench-'))
  const socketPath = join(folder, 'token.sock')
  // Long enough for all to connect before the renewal, which is due at 6 s.
  const base = server.base('plain', { accounts: 5, lifeMs: 8_000 })
  const service = start(process.execPath, subject({ measure: 'service', base, socketPath }), {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: service.stdout })
  try {
    await once(lines, 'line')
    const job = { measure: 'dependents', socketPath, count, calls: 2_000 }
    const { tokenP50Us } = await figuresOf(process.execPath, subject(job))
    service.stdin.end()
    const [line] = await once(lines, 'line')
    const { logins, renewals } = JSON.parse(line)
    return { upstream: logins + renewals, tokenP50Us }
  } finally {
    service.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureProcesses(count, server) {
  const folder = mkdtempSync(join(tmpdir(), 'tradovate-bench-'))
  try {
    // Renewed at 15 s: long enough for all to start.
    const base = server.base('plain', { accounts: 5, lifeMs: 20_000 })
    const before = await server.counts()
    const job = { measure: 'process', base, folder: join(folder, 'store') }
    const ends = await Promise.all(Array.from({ length: count }, () => figuresOf(process.execPath, subject(job))))
    const after = await server.counts()
    return {
      logins: after.logins - before.logins,
      renewals: after.renewals - before.renewals,
      tokens: new Set(ends.map(({ token }) => token)).size,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** All sizes of a row, and what its targets come to. */
export async function measureGrowth(row, server, extent) {
  const { measurePoint, measurePoints = atEachSize(row), at, quickAt, targets, ...about } = row
  const { isMostlyWaiting, areSizesSideBySide, pointMs, expectedMs, ...shown } = about
  const points = await measurePoints(server, extent)
  const applying = targets.filter(({ applies = () => true }) => applies(points))
  return { ...shown, points, verdicts: applying.map(({ title, holds }) => ({ title, holds: holds(points) })) }
}

const sizesOf = ({ at, quickAt }, share) => (share < 1 ? quickAt : at)

/** Most rows measure one size after the other. */
const atEachSize = row => async (server, extent) => {
  const measure = async at => ({ at, ...(await row.measurePoint(at, server, extent)) })
  const sizes = sizesOf(row, extent.share)
  if (row.areSizesSideBySide) return Promise.all(sizes.map(measure))
  const points = []
  for (const at of sizes) points.push(await measure(at))
  return points
}

/** How long a row takes on a quiet machine, about. */
export function expectedGrowthMs(row, { share }) {
  if (row.expectedMs) return row.expectedMs(share)
  return row.pointMs(share) * (row.areSizesSideBySide ? 1 : sizesOf(row, share).length)
}
