// Calls of one client to a distant server, each after an idle time: how many round trips each takes, and what becomes of it.

import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { clients } from '../clients.mjs'
import { median } from '../statistics.mjs'
import { beginAt } from './ready.mjs'
import { countsOf, idOf } from './received.mjs'

/**
 * `origin` is where the server tells what it received; a GET and a POST take turns. The first idle time begins with the answer to the
 * last call of the warm-up, which is made at `startAt`, milliseconds since 1970, where that is given.
 */
export async function measure({ subject, base, origin, roundTripMs, idleMs, warmUp, calls, startAt }) {
  const client = await clients[subject]({ base, atOnce: 1 })
  const ids = Array.from({ length: warmUp + calls }, (_, call) => idOf(call))
  const call = (id, i) => (i % 2 === 0 ? client.getOrder(id) : client.placeOrder(id))
  for (const [i, id] of ids.slice(0, warmUp).entries()) {
    if (startAt && i === warmUp - 1) await beginAt(startAt)
    await call(id, i)
  }
  const times = []
  let lost = 0
  for (const [i, id] of ids.slice(warmUp).entries()) {
    if (idleMs > 0) await sleep(idleMs)
    const started = performance.now()
    try {
      await call(id, i)
      times.push(performance.now() - started)
    } catch (error) {
      if (!isLoss(error)) throw error
      lost += 1
    }
  }
  const { twice, extra } = await countsOf(origin, ids, roundTripMs)
  await client.close()
  const ms = times.length > 0 ? median(times) : null
  return { roundTrips: ms && ms / roundTripMs, counts: { calls, lost, twice, extra } }
}

const LOSSES = /^(ECONNRESET|EPIPE|ECONNABORTED|ETIMEDOUT|UND_ERR_SOCKET|ERR_HTTP2_.*|ERR_STREAM_.*)$/

/** Whether a call has no answer since its connection had none for it. */
export function isLoss(error) {
  if (error.name === 'NetworkError' || LOSSES.test(error.code)) return true
  return error.cause !== undefined && isLoss(error.cause)
}
