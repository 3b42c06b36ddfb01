// When the processes of a row run: each schedule takes a job for each subject, and runs each job as often as wanted.

import { setTimeout as sleep } from 'node:timers/promises'
import { READY_WITHIN_MS } from './moments.mjs'

/** Every run of every job, all jobs in turn. */
const runsOf = (jobs, count) => Array.from({ length: count }, () => jobs).flat()

/** One process at a time. */
async function inTurn(jobs, count, run) {
  for (const job of runsOf(jobs, count)) await run(job)
}

/**
 * Each process at its own moment, `startsMs` after `begin`, and its calls from a moment on at which it is ready. When one fails, no
 * further one starts, and the failure comes when those that run have ended.
 */
async function planned(jobs, count, run, { begin, startsMs }) {
  let hasFailed = false
  const atItsMoment = async (job, place) => {
    const start = begin + startsMs[place]
    await sleep(Math.max(0, start - Date.now()))
    if (hasFailed) return
    try {
      // Without an idle time there is nothing to be ready for.
      await run(job.idleMs > 0 ? { ...job, startAt: start + READY_WITHIN_MS } : job)
    } catch (error) {
      hasFailed = true
      throw error
    }
  }
  const ends = await Promise.allSettled(runsOf(jobs, count).map(atItsMoment))
  for (const { status, reason } of ends) if (status === 'rejected') throw reason
}

/** One process of each subject side by side, whose calls take turns. */
async function paced(jobs, count, run) {
  for (let round = 0; round < count; round += 1) {
    const begin = Date.now() + READY_WITHIN_MS
    const places = jobs.map((job, place) => ({ ...job, startAt: begin + (place * job.everyMs) / jobs.length }))
    await Promise.all(places.map(run))
  }
}

export const schedules = { inTurn, planned, paced }
