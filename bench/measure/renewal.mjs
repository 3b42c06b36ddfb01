// Renewals of a bot that computes: how late each reaches the server. A peer's is made by a timer of the bot.

import { setTimeout as sleep } from 'node:timers/promises'
import { clients } from '../clients.mjs'
import { median } from '../statistics.mjs'
import { compute, computeHalf, STRETCH_MS } from './compute.mjs'
import { arrivalMs, idOf, sharedClockMs } from './received.mjs'

const DUE_SHARE = 0.75
const INTO_THE_STRETCH_MS = 500
const ALIVE_EVERY_MS = 1_000

/** `load` is `half`, where the bot computes 5 ms of every 10, or `stretch`: 2 s, a quarter of which before a renewal is due. */
export async function measure({ subject, base, origin, lifeMs, load, calls }) {
  const client = await clients[subject]({ base, atOnce: 1 })
  const plan = client.session ? planOurs : planByTimer
  const stop = load === 'half' ? computeHalf() : () => {}
  // A session alone does not keep a process alive, a bot does.
  const alive = setInterval(() => {}, ALIVE_EVERY_MS)
  const late = []
  for (let call = 0; call < calls; call += 1) {
    const { id, dueMs, renewed } = plan(client, call, lifeMs)
    if (load === 'stretch') {
      await sleep(dueMs - sharedClockMs() - INTO_THE_STRETCH_MS)
      compute(STRETCH_MS)
    }
    await renewed
    late.push((await arrivalMs(origin, id)) - dueMs)
  }
  stop()
  clearInterval(alive)
  await client.close()
  return { lateMs: median(late) }
}

/** The session renews by itself, and tells when. The server knows the renewal by the number of the token that is renewed. */
function planOurs({ session }) {
  const { renewsAt, generation } = session.status()
  const id = session.accessToken.slice(0, session.accessToken.lastIndexOf('-'))
  const renewed = new Promise(resolve => {
    session.on('token', function take(token) {
      if (token.generation <= generation) return
      session.off('token', take)
      resolve()
    })
  })
  return { id, dueMs: sharedClockMs() + renewsAt.getTime() - Date.now(), renewed }
}

/** As bots do it: a timer, at the same share of the token's life. */
function planByTimer(client, call, lifeMs) {
  const id = idOf(`renewal-${call}`)
  const dueMs = sharedClockMs() + lifeMs * DUE_SHARE
  const renewed = sleep(lifeMs * DUE_SHARE).then(() => client.renew(id))
  return { id, dueMs, renewed }
}
