// Calls at the pace of a bot, which leaves caches and the compiled code as cold as a bot finds them: one in `everyMs`.

import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { clients } from '../clients.mjs'
import { FLOOR, quantile } from '../statistics.mjs'
import { mainThreadUs } from './main-thread.mjs'
import { beginAt } from './ready.mjs'

/** Begins at `startAt`, milliseconds since 1970; the floor makes no call and only keeps the pace. */
export async function measure({ subject, base, accounts, startAt, everyMs, calls }) {
  const client = subject === FLOOR ? undefined : await clients[subject]({ base, atOnce: 1 })
  if (client && (await client.getAccounts()).length !== accounts) throw new Error('other accounts came')
  const times = new Float64Array(calls)
  await beginAt(startAt)
  const first = performance.now()
  const mainThreadBefore = mainThreadUs()
  for (let call = 0; call < calls; call += 1) {
    await sleep(Math.max(0, first + call * everyMs - performance.now()))
    const started = performance.now()
    if (client) await client.getAccounts()
    times[call] = performance.now() - started
  }
  const mainThread = mainThreadUs() - mainThreadBefore
  await client?.close()
  return { p50Us: quantile(times, 0.5) * 1e3, p99Us: quantile(times, 0.99) * 1e3, mainThreadUs: mainThread / calls }
}
