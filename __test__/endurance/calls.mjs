// Makes 100,000 calls and prints what the process holds early, and at the end. Run with --expose-gc.

import { getEventListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import tradovate from '../../index.js'

const [baseUrl, credentials] = process.argv.slice(2)
const AT_ONCE = 50
const WARM = 20_000
const ALL = 100_000

const session = await tradovate.Session.open(JSON.parse(credentials), { baseUrl })
const { signal } = new AbortController()
let made = 0

async function callUntil(count) {
  const lane = async () => {
    while (made < count) {
      made += 1
      // Every kind of end: an answer, one with a signal, a failure, a call that is given up.
      if (made % 100 === 0) await session.request('GET', 'no/such').catch(() => {})
      else if (made % 100 === 1) await session.getAccounts({ signal: AbortSignal.abort() }).catch(() => {})
      else if (made % 2 === 0) await session.getAccounts({ signal })
      else await session.getAccounts()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

async function held() {
  // What ended a moment ago has its callbacks run.
  await pause(50)
  global.gc()
  global.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  // An immediate that is about to run is no handle that is kept.
  const kinds = process.getActiveResourcesInfo().filter(kind => kind !== 'Immediate')
  return { heapUsed, external, rss, kinds: kinds.sort(), listeners: getEventListeners(signal, 'abort').length }
}

await callUntil(WARM)
const early = await held()
await callUntil(ALL)
const late = await held()
console.log(JSON.stringify({ made, early, late }))
await session.close()
