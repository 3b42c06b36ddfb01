// When the processes of a row run: each schedule takes a job for each subject, and runs each job as often as wanted.

import { setTimeout as sleep } from 'node:timers/promises'

/** Between the calls of processes that are idle side by side: longer than a call to a distant server takes. */
const SPACING_MS = 400
/** A process has started and opened its client within this, also when others start beside it. */
const READY_WITHIN_MS = 8_000

/** Every run of every job, all jobs in turn. */
const runsOf = (jobs, count) => Array.from({ length: count }, () => jobs).flat()

/** One process at a time. */
async function inTurn(jobs, count, run) {
  for (const job of runsOf(jobs, count)) await run(job)
}

/** Processes that are idle most of the time, so many at a time that their calls are apart. */
async function spaced(jobs, count, run) {
  const waiting = runsOf(jobs, count)
  const atOnce = Math.min(waiting.length, Math.max(1, Math.floor(jobs[0].idleMs / SPACING_MS)))
  const lane = async (_, place) => {
    await sleep(place * SPACING_MS)
    while (waiting.length > 0) await run(waiting.shift())
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

/** One process of each subject side by side, whose calls take turns. */
async function paced(jobs, count, run) {
  for (let round = 0; round < count; round += 1) {
    const begin = Date.now() + READY_WITHIN_MS
    const places = jobs.map((job, place) => ({ ...job, startAt: begin + (place * job.everyMs) / jobs.length }))
    await Promise.all(places.map(run))
  }
}

export const schedules = { inTurn, spaced, paced }
