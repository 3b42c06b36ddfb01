// A process that is to begin at a moment which the others know.

import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until `startAt`, milliseconds since 1970. */
export async function beginAt(startAt) {
  const lateMs = Date.now() - startAt
  if (lateMs > 0) throw new Error(`the process was ready ${lateMs} ms too late for its moment: the machine is too busy`)
  await sleep(-lateMs)
}
