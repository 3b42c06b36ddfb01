// Calls of one client, one after another or many at once: how long each takes, how many there are in a second, what one
// costs the main thread, and on wish how long the event loop is held in one piece.

import { performance } from 'node:perf_hooks'
import { clients } from '../clients.mjs'
import { quantile } from '../statistics.mjs'
import { mainThreadUs } from './main-thread.mjs'

export async function measure({ subject, base, h2, accounts, atOnce, warmUp, calls, gaps }) {
  const client = await clients[subject]({ base, atOnce, h2 })
  const got = await client.getAccounts()
  if (got.length !== accounts) throw new Error(`${got.length} accounts came instead of ${accounts}`)
  await run(client, warmUp, atOnce)
  const figures = gaps ? await measureGaps(client, calls) : await measureCalls(client, calls, atOnce)
  await client.close()
  return figures
}

async function measureCalls(client, calls, atOnce) {
  const mainThreadBefore = mainThreadUs()
  const started = performance.now()
  const times = await run(client, calls, atOnce)
  const seconds = (performance.now() - started) / 1e3
  return {
    p50Us: quantile(times, 0.5) * 1e3,
    p99Us: quantile(times, 0.99) * 1e3,
    callsPerSecond: calls / seconds,
    mainThreadUs: (mainThreadUs() - mainThreadBefore) / calls,
  }
}

async function run(client, calls, atOnce) {
  const times = new Float64Array(calls)
  let next = 0
  const lane = async () => {
    while (next < calls) {
      const call = next
      next += 1
      const started = performance.now()
      await client.getAccounts()
      times[call] = performance.now() - started
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return times
}

/** An event loop that always has something to do shows by its turns how long it was held. */
async function measureGaps(client, calls) {
  let longest = 0
  let last = performance.now()
  let isRunning = true
  const turn = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (isRunning) setImmediate(turn)
  }
  setImmediate(turn)
  const gaps = []
  for (let call = 0; call < calls; call += 1) {
    longest = 0
    await client.getAccounts()
    // The turn in which the list came counts as well.
    await new Promise(resolve => setImmediate(resolve))
    gaps.push(longest)
  }
  isRunning = false
  return { longestGapMs: quantile(gaps, 0.5) }
}
