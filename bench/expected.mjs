// How long a run takes on a quiet machine, from what the rows say. Where no time is said, as of calls one after another, it is what
// they took, a mean of all clients, when all rows were last measured.

import { expectedGrowthMs } from './growth.mjs'
import { runsOf } from './measure-row.mjs'
import { READY_WITHIN_MS } from './moments.mjs'

/** A process starts, loads a client and ends. */
const PROCESS_MS = 400
/** Servers and proxies of rows that run side by side. */
const SERVERS_MS = 5_000
const START_MS = 150
const REQUIRE_MS = 200
const COMPUTING_MS = 2_000
const RENEWED_SHARE = 0.75
const BURSTS_MS = 1_800
const CACHED_US = 0.15

/** A call for so many accounts, by how many are under way. */
function callUs({ accounts, atOnce = 1 }) {
  if (accounts >= 10_000) return 26_000
  if (accounts >= 1_000) return 2_700
  return atOnce > 1 ? 145 : 225
}

const callsMs = row => ((row.warmUp + row.calls) * callUs(row)) / 1e3

/** What one process takes, by what it measures. */
const processMs = {
  calls: row => PROCESS_MS + callsMs(row),
  cached: ({ warmUp, calls }) => PROCESS_MS + ((warmUp + calls) * CACHED_US) / 1e3,
  start: () => START_MS,
  require: () => REQUIRE_MS,
  size: () => 0,
  unheard: row => PROCESS_MS + callsMs(row),
  // The last stretch goes on for a while after its renewal was due.
  busy: ({ lifeMs, calls, load }) =>
    PROCESS_MS + calls * lifeMs * RENEWED_SHARE + (load === 'stretch' ? COMPUTING_MS : 0),
  // Two bursts warm up and one is measured.
  burst: ({ holdMs }) => PROCESS_MS + 2 * holdMs + BURSTS_MS,
}

/** None where a row shares its runs with one that came before. */
function rowMs(row, runs, seen) {
  if (row.sharedRun && seen.has(row.sharedRun)) return null
  seen.add(row.sharedRun)
  if (row.measure === 'paced') return runs * (READY_WITHIN_MS + row.calls * row.everyMs + PROCESS_MS)
  return runsOf(row, runs) * (row.measured ?? row.subjects).length * processMs[row.measure](row)
}

/** Milliseconds of each row, `[id, ms]`, of the rows that run side by side together, and of all of it. */
export function expectedOf({ inTurn, sideBySide, endMs }, extent) {
  const seen = new Set()
  const each = inTurn.map(row => [row.id, row.along ? expectedGrowthMs(row, extent) : rowMs(row, extent.runs, seen)])
  const longest = Math.max(endMs, ...sideBySide.filter(({ along }) => along).map(row => expectedGrowthMs(row, extent)))
  const together = sideBySide.length > 0 ? SERVERS_MS + longest : 0
  return { each, together, all: each.reduce((sum, [, ms]) => sum + ms, together) }
}
