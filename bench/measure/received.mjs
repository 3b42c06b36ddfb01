// What the server has received of this process, whose requests have ids that begin with its number.

import { setTimeout as sleep } from 'node:timers/promises'
import { receivedBy } from '../server.mjs'

const LATE_MS = 100

export const idOf = number => `${process.pid}-${number}`

/** Requests that came more than once, and those that are none of `ids`. */
export async function countsOf(origin, ids, roundTripMs) {
  // What was sent last may be under way.
  await sleep(roundTripMs + LATE_MS)
  const received = await receivedBy(origin, idOf(''))
  const twice = ids.filter(id => received[id]?.count > 1).length
  const extra = Object.entries(received).filter(([id]) => !ids.includes(id))
  return { twice, extra: extra.reduce((sum, [, { count }]) => sum + count, 0) }
}

/** Milliseconds on the clock that the server reads too. */
export const sharedClockMs = () => Number(process.hrtime.bigint()) / 1e6

/** When a request arrived, by `sharedClockMs()`. */
export async function arrivalMs(origin, id) {
  const { firstUs } = (await receivedBy(origin, id))[id] ?? {}
  if (firstUs === undefined) throw new Error(`request ${id} did not arrive`)
  if (firstUs === null) throw new Error('this row needs a clock that the server shares, and this system has none')
  return firstUs / 1e3
}
