// A bot that computes: how late its orders and the renewals of its token reach the server. A peer's renewals are made by timers of
// the bot.

import { setTimeout as sleep } from 'node:timers/promises'
import { clients } from '../clients.mjs'
import { median } from '../statistics.mjs'
import { compute, computeHalf, STRETCH_MS } from './compute.mjs'
import { arrivalMs, idOf, sharedClockMs } from './received.mjs'

const WARM_UP = 10
/** A bot that computes half of the time places an order in so many of its turns. */
const EVERY_TURN = 5
/** No order is placed so shortly before a renewal is due: none has to wait for the other. */
const APART_MS = 250
const DUE_SHARE = 0.75
const INTO_THE_STRETCH_MS = 500
const ALIVE_EVERY_MS = 1_000

/**
 * `load` is `half`, where the bot computes 5 ms of every 10, or `stretch`: 2 s from an order on, a quarter of which before a renewal is
 * due. `calls` is the number of renewals.
 */
export async function measure({ subject, base, origin, lifeMs, load, calls }) {
  const client = await clients[subject]({ base, atOnce: 1 })
  // A session alone does not keep a process alive, a bot does.
  const alive = setInterval(() => {}, ALIVE_EVERY_MS)
  try {
    for (let call = 0; call < WARM_UP; call += 1) await client.placeOrder(idOf(`warm-${call}`))
    const orders = []
    const place = () => {
      const id = idOf(orders.length)
      const at = sharedClockMs()
      orders.push({ id, at, answered: client.placeOrder(id) })
    }
    const renewals = renewalsOf(client, lifeMs)
    const renewed = await (load === 'half' ? whileHalf(place, renewals, calls) : inStretches(place, renewals, calls))
    await Promise.all(orders.map(({ answered }) => answered))
    return { orderLateMs: await latenessOf(origin, orders), renewalLateMs: await latenessOf(origin, renewed) }
  } finally {
    clearInterval(alive)
    await client.close()
  }
}

/** The bot computes and places orders all the time, but around the renewals. */
async function whileHalf(place, next, calls) {
  const renewed = []
  let quietFrom = 0
  let turn = 0
  const stop = computeHalf(() => {
    if (turn % EVERY_TURN === 0 && sharedClockMs() < quietFrom) place()
    turn += 1
  })
  for (let call = 0; call < calls; call += 1) {
    const renewal = next()
    quietFrom = renewal.at - APART_MS
    await renewal.answered
    renewed.push(renewal)
  }
  stop()
  return renewed
}

async function inStretches(place, next, calls) {
  const renewed = []
  for (let call = 0; call < calls; call += 1) {
    const renewal = next()
    await sleep(renewal.at - sharedClockMs() - INTO_THE_STRETCH_MS)
    place()
    compute(STRETCH_MS)
    await renewal.answered
    renewed.push(renewal)
  }
  return renewed
}

/** Plans the next renewal at each call: by which id the server knows it, when it is due, and when the bot has its answer. */
const renewalsOf = (client, lifeMs) => (client.session ? renewalsOfOurs(client) : renewalsByTimer(client, lifeMs))

/** The session renews by itself, and tells when. The server knows the renewal by the number of the token that is renewed. */
const renewalsOfOurs =
  ({ session }) =>
  () => {
    const { renewsAt, generation } = session.status()
    const id = session.accessToken.slice(0, session.accessToken.lastIndexOf('-'))
    const answered = new Promise(resolve => {
      session.on('token', function take(token) {
        if (token.generation <= generation) return
        session.off('token', take)
        resolve()
      })
    })
    return { id, at: sharedClockMs() + renewsAt.getTime() - Date.now(), answered }
  }

/** As bots do it: by timers, at the same share of the token's life. */
function renewalsByTimer(client, lifeMs) {
  let dueMs = sharedClockMs()
  let count = 0
  return () => {
    dueMs += lifeMs * DUE_SHARE
    const id = idOf(`renewal-${count}`)
    count += 1
    // A timer drops fractions of a millisecond: none is to be early.
    const waited = sleep(Math.ceil(dueMs - sharedClockMs()))
    return { id, at: dueMs, answered: waited.then(() => client.renew(id)) }
  }
}

async function latenessOf(origin, sent) {
  const late = []
  for (const { id, at } of sent) late.push((await arrivalMs(origin, id)) - at)
  if (late.length === 0) throw new Error('the bot has sent nothing: the machine is too busy')
  return median(late)
}
