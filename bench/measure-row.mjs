// One row: each subject in fresh processes, in turn, as often as wanted.

import { statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { floorProgram, packageFolder, subjectFile } from './places.mjs'
import { releaseAddon } from './prepare.mjs'
import { figuresOf, start } from './processes.mjs'
import { schedules } from './schedules.mjs'
import { FLOOR, median, summary, verdict } from './statistics.mjs'

const startFile = fileURLToPath(new URL('measure/start.cjs', import.meta.url))
const QUICK_SHARE = 0.1
const QUICK_LEAST_SHARE = 0.3
/** What the others' start is measured over. */
const EMPTY = 'empty'

/** The row as a short look measures it. */
export function shortened(row) {
  const scaled = calls => calls && Math.max(3, Math.round(calls * QUICK_SHARE))
  const least = row.least && row.least * QUICK_LEAST_SHARE
  return { ...row, warmUp: scaled(row.warmUp), calls: scaled(row.calls), least, ...row.quick }
}

/** How often each subject of a row runs. */
export const runsOf = (row, runs) => Math.max(runs, Math.round(row.least ?? 0))

/**
 * `taken` has what was measured of rows that show other figures of the same runs, and receives what is. `moments` has `begin` and
 * `startsMs` of a row whose processes have moments of their own.
 */
export async function measureRow(row, server, runs, taken, moments) {
  const results = taken.get(row.sharedRun) ?? (await resultsOf(row, server, runs, moments))
  if (row.sharedRun) taken.set(row.sharedRun, results)
  const subjects = Object.fromEntries(row.subjects.map(name => [name, summaryOf(results.get(name), row.figure)]))
  const { id, title, meaning, unit, better, comparison, heldAgainst, group, idleMs, server: place } = row
  const measured = { id, title, meaning, unit, better, comparison, heldAgainst, group, idleMs, server: place, subjects }
  return { ...measured, verdicts: row.targets.map(target => verdict(measured, target)) }
}

function summaryOf(results, figure) {
  const counts = results.flatMap(result => result.counts ?? [])
  return summary(
    results.map(result => result[figure]),
    counts,
  )
}

/** The figures of each run by subject. */
async function resultsOf(row, server, runs, moments) {
  const measured = row.measured ?? row.subjects
  const subjects = row.measure === 'start' ? [EMPTY, ...measured] : measured
  const jobs = subjects.map(subject => jobOf(row, subject, server))
  // Files that were read once come from memory: not the disk is measured.
  if (row.measure === 'start') for (const job of jobs) await resultOf(job, server.ca)
  const results = new Map(subjects.map(subject => [subject, []]))
  const run = async job => results.get(job.subject).push(await resultOf(job, server.ca))
  await schedules[row.schedule ?? 'inTurn'](jobs, runsOf(row, runs), run, moments)
  if (row.measure === 'start') subtract(results, median(results.get(EMPTY).map(({ ms }) => ms)))
  return results
}

/** What a process is told. `origin` is where the server tells what it has received. */
function jobOf(row, subject, server) {
  const { id, title, meaning, targets, quick, subjects, measured, kinds, wishes, server: place, ...job } = row
  const baseOf = place?.roundTripMs ? server.distantBase : server.base
  const base = row.kind && baseOf(kinds?.[subject] ?? row.kind, { accounts: row.accounts, ...wishes })
  return { ...job, subject, base, origin: server.origin, roundTripMs: place?.roundTripMs }
}

function subtract(results, ms) {
  for (const ofSubject of results.values()) for (const result of ofSubject) result.ms -= ms
}

function resultOf(job, ca) {
  if (job.measure === 'size') return { mb: statSync(releaseAddon).size / 1e6 }
  if (job.measure === 'start') return processMs(job.subject, job.base, job.on)
  if (job.measure === 'calls' && job.subject === FLOOR) return floor(job, ca)
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: ca }
  return figuresOf(process.execPath, [subjectFile, JSON.stringify(job)], { env, on: job.on })
}

function floor({ base, warmUp, calls, atOnce, on }, ca) {
  const job = { url: `${base}/account/list`, ca, warmUp, calls, atOnce }
  return figuresOf(floorProgram, [JSON.stringify(job)], { on })
}

/** The whole life of a process that makes one call. */
async function processMs(subject, base, on) {
  const started = performance.now()
  const child = start(process.execPath, [startFile, subject, base, packageFolder], {
    on,
    stdio: 'inherit',
  })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`the process of ${subject} ended with ${code}`)
  return { ms: performance.now() - started }
}
