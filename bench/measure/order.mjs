// Orders of a bot that goes on computing after request(): how late each reaches the server.

import { setTimeout as sleep } from 'node:timers/promises'
import { clients } from '../clients.mjs'
import { median } from '../statistics.mjs'
import { compute, computeHalf, STRETCH_MS } from './compute.mjs'
import { arrivalMs, idOf, sharedClockMs } from './received.mjs'

const WARM_UP = 10
const PAUSE_MS = 100
const EVERY_TURN = 5

/** `load` is `half`, where the bot computes 5 ms of every 10, or `stretch`, where it computes 2 s after each order. */
export async function measure({ subject, base, origin, load, calls }) {
  const client = await clients[subject]({ base, atOnce: 1 })
  for (let call = 0; call < WARM_UP; call += 1) await client.placeOrder(idOf(`warm-${call}`))
  const sent = []
  const place = () => {
    const id = idOf(sent.length)
    const order = { id, at: sharedClockMs() }
    sent.push({ ...order, answered: client.placeOrder(id) })
  }
  await (load === 'half' ? placeWhileHalf(place, sent, calls) : placeBeforeStretch(place, sent, calls))
  await Promise.all(sent.map(({ answered }) => answered))
  const late = []
  for (const { id, at } of sent) late.push((await arrivalMs(origin, id)) - at)
  await client.close()
  return { lateMs: median(late) }
}

async function placeWhileHalf(place, sent, calls) {
  let turn = 0
  const stop = computeHalf(() => {
    if (turn % EVERY_TURN === 0 && sent.length < calls) place()
    turn += 1
  })
  while (sent.length < calls) await sleep(PAUSE_MS)
  await Promise.all(sent.map(({ answered }) => answered))
  stop()
}

async function placeBeforeStretch(place, sent, calls) {
  for (let call = 0; call < calls; call += 1) {
    await sleep(PAUSE_MS)
    place()
    compute(STRETCH_MS)
    await sent.at(-1).answered
  }
}
