// Many answers that have come while the bot computed: how long they hold the event loop when it is free again.

import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { clients } from '../clients.mjs'
import { compute } from './compute.mjs'

const WARM_UP = 2
const SENT_WITHIN_MS = 500
const COME_WITHIN_MS = 1_000

/** The server holds each list back for `holdMs`: until all requests are sent, and the bot computes. */
export async function measure({ subject, base, atOnce, holdMs }) {
  const client = await clients[subject]({ base, atOnce })
  const burst = () => Promise.all(Array.from({ length: atOnce }, () => client.getAccounts()))
  for (let call = 0; call < WARM_UP; call += 1) await burst()
  let isDone = false
  const answered = burst().then(() => {
    isDone = true
  })
  await sleep(SENT_WITHIN_MS)
  compute(holdMs - SENT_WITHIN_MS + COME_WITHIN_MS)
  const isFree = performance.now()
  const longestGapMs = await longestTurn(() => isDone)
  const untilAllMs = performance.now() - isFree
  await answered
  await client.close()
  return { longestGapMs, untilAllMs }
}

/** The longest turn of an event loop that always has something to do, until it is done. */
function longestTurn(isDone) {
  return new Promise(resolve => {
    let longest = 0
    let last = performance.now()
    const turn = () => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
      if (isDone()) resolve(longest)
      else setImmediate(turn)
    }
    setImmediate(turn)
  })
}
