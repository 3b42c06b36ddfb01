// npm run bench: builds what is needed, measures every row, and writes the results.
//
//   --only ROW   one row, or several by repeating it; what rows' names begin with, up to a hyphen, stands for all of them
//   --quick      a look that takes some minutes; its figures are none of record
//   --list       names the rows
//   --plan       tells which rows run together, and how long all of it takes on a quiet machine

import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { expectedOf } from './expected.mjs'
import { growthRows } from './growth.mjs'
import { measureAll } from './measure-all.mjs'
import { shortened } from './measure-row.mjs'
import { phasesOf } from './phases.mjs'
import { benchFolder, buildFolder } from './places.mjs'
import { plot } from './plot.mjs'
import { prepare, versions } from './prepare.mjs'
import { pinning } from './processes.mjs'
import { growthTable, planText, rowsTable } from './report.mjs'
import { plotRoundTrips } from './round-trip-plot.mjs'
import { rows } from './rows.mjs'

const FULL = { runs: 5, share: 1 }
const QUICK = { runs: 1, share: 0.1 }

/** A row of that very name, or else all rows whose names begin so. */
function chosen(only) {
  const all = [...rows, ...growthRows]
  if (only.length === 0) return all
  const meant = only.flatMap(name => {
    const exact = all.filter(row => row.id === name)
    const found = exact.length > 0 ? exact : all.filter(row => row.id.startsWith(`${name}-`))
    if (found.length === 0) throw new Error(`no such row: ${name}; --list names them`)
    return found
  })
  return all.filter(row => meant.includes(row))
}

function machine() {
  return {
    processor: cpus()[0].model,
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    pinning,
  }
}

function summarize({ rows, growth }) {
  const verdicts = [...rows, ...growth].flatMap(row => row.verdicts)
  const held = verdicts.filter(verdict => verdict.holds).length
  return `${held} of ${verdicts.length} targets hold.`
}

/** Only a whole run without a failure is of record. */
function write(results, isOfRecord) {
  const folder = isOfRecord ? benchFolder : buildFolder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(folder, 'results.svg'), plot(results))
  const roundTrips = results.rows.filter(row => row.group === 'round-trips')
  if (roundTrips.length > 0) writeFileSync(join(folder, 'round-trips.svg'), plotRoundTrips(roundTrips, results))
  return folder
}

async function measure(wanted, phases, extent, values) {
  await prepare()
  const started = performance.now()
  const { failed, ...measured } = await measureAll(wanted, phases, extent)
  const about = { at: new Date().toISOString(), quick: values.quick, machine: machine(), versions: versions() }
  const isOfRecord = !values.quick && values.only.length === 0 && failed.length === 0
  const folder = write({ ...about, ...measured }, isOfRecord)
  if (measured.rows.length > 0) console.log(`${rowsTable(measured.rows)}\n`)
  for (const row of measured.growth) console.log(`${growthTable(row)}\n`)
  if (failed.length > 0) {
    console.error(`These rows failed, so that the run is none of record: ${failed.join(', ')}`)
    process.exitCode = 1
  }
  const minutes = ((performance.now() - started) / 60e3).toFixed(1)
  console.log(`${summarize(measured)} It took ${minutes} minutes.`)
  console.log(`Written to ${join(folder, 'results.json')} and the plots beside it.`)
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    plan: { type: 'boolean', default: false },
  },
})
const extent = values.quick ? QUICK : FULL
const wanted = chosen(values.only).map(row => (values.quick && !row.along ? shortened(row) : row))
if (values.list) {
  const width = Math.max(...wanted.map(({ id }) => id.length)) + 2
  for (const { id, title } of wanted) console.log(`${id.padEnd(width)}${title}`)
} else {
  const phases = phasesOf(wanted, extent.runs)
  if (values.plan) console.log(planText(phases, expectedOf(phases, extent)))
  else await measure(wanted, phases, extent, values)
}
