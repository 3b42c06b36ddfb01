// What it costs a call to see that nobody listens to the tracing channels.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { clients } from '../clients.mjs'
import { root } from '../places.mjs'
import { OURS } from '../statistics.mjs'
import { mainThreadUs } from './main-thread.mjs'

const require = createRequire(import.meta.url)

/** `percent` is the check's share of what one of `calls` costs the main thread, each after the one before. */
export async function measure({ base, warmUp, calls, checks }) {
  const client = await clients[OURS]({ base, atOnce: 1 })
  for (let call = 0; call < warmUp; call += 1) await client.getAccounts()
  const before = mainThreadUs()
  for (let call = 0; call < calls; call += 1) await client.getAccounts()
  const callNs = ((mainThreadUs() - before) / calls) * 1e3
  await client.close()
  const ns = checkNs(checks)
  return { ns, percent: (ns / callNs) * 100 }
}

/** Optimized, the check would leave the loop: nothing in it changes. */
function checkNs(checks) {
  setFlagsFromString('--no-opt')
  // The bundled package shows no inner function. This is the file that is bundled.
  const { tracesRequests } = require(join(root, 'lib', 'tracing.js'))
  const empty = loop(() => false, checks)
  const { heard, tookMs } = loop(tracesRequests, checks)
  if (heard > 0) throw new Error('somebody listens')
  return ((tookMs - empty.tookMs) * 1e6) / checks
}

function loop(check, count) {
  let heard = 0
  const started = performance.now()
  for (let i = 0; i < count; i += 1) if (check()) heard += 1
  return { heard, tookMs: performance.now() - started }
}
