// One row: each subject in a fresh process, in turn, as often as wanted.

import { statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { floorProgram, packageFolder, subjectFile } from './places.mjs'
import { releaseAddon } from './prepare.mjs'
import { figuresOf, start } from './processes.mjs'
import { FLOOR, median, summary, verdict } from './statistics.mjs'

const startFile = fileURLToPath(new URL('measure/start.cjs', import.meta.url))

/** How often and how long: `runs` in turn, and a share of each row's calls. */
export async function measureRow(row, server, { runs, share }) {
  const base = row.kind && server.base(row.kind, { accounts: row.accounts })
  const job = { ...row, base, warmUp: scaled(row.warmUp, share), calls: scaled(row.calls, share) }
  const figures = Object.fromEntries(row.subjects.map(name => [name, []]))
  const empty = []
  // Files that were read once come from memory: not the disk is measured.
  if (row.measure === 'start') for (const subject of ['empty', ...row.subjects]) await processMs(subject, base, row.on)
  const count = Math.max(runs, Math.round((row.least ?? 0) * (share < 1 ? 0.3 : 1)))
  for (let run = 0; run < count; run += 1) {
    if (row.measure === 'start') empty.push(await processMs('empty', base, row.on))
    for (const subject of row.subjects) figures[subject].push(await figureOf({ ...job, subject }, server.ca))
  }
  if (row.measure === 'start') subtract(figures, median(empty))
  const subjects = Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, summary(values)]))
  const { id, title, unit, better, comparison } = row
  const measured = { id, title, unit, better, comparison, subjects }
  return { ...measured, verdicts: row.targets.map(target => verdict(measured, target)) }
}

function scaled(calls, share) {
  return calls && Math.max(3, Math.round(calls * share))
}

function subtract(figures, ms) {
  for (const values of Object.values(figures))
    values.forEach((value, i) => {
      values[i] = value - ms
    })
}

async function figureOf(job, ca) {
  if (job.measure === 'size') return statSync(releaseAddon).size / 1e6
  if (job.measure === 'start') return processMs(job.subject, job.base, job.on)
  if (job.measure === 'calls' && job.subject === FLOOR) return (await floor(job, ca))[job.figure]
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: ca }
  return (await figuresOf(process.execPath, [subjectFile, JSON.stringify(job)], { env, on: job.on }))[job.figure]
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
  return performance.now() - started
}
