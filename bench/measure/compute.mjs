// A bot that computes: the event loop is held meanwhile.

import { performance } from 'node:perf_hooks'

/** Holds the event loop for so long. */
export function compute(ms) {
  const end = performance.now() + ms
  let sum = 0
  while (performance.now() < end) sum += Math.sqrt(sum + 1)
  return sum
}

const SHARE = { everyMs: 10, ms: 5 }
export const STRETCH_MS = 2_000

/** Computes 5 ms of every 10 until the answer is called; `before` is what the bot does first each time. */
export function computeHalf(before = () => {}) {
  const timer = setInterval(() => {
    before()
    compute(SHARE.ms)
  }, SHARE.everyMs)
  return () => clearInterval(timer)
}
