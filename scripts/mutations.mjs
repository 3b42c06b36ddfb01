// npm run mutations: breaks one rule of the core after the other in a copy of it, and shows that the simulation sees each.
// "--short" tries a part of them, "--only TEXT" those whose name has that in it.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mutations } from '../tests/simulation/mutations.mjs'
import { root } from './addon.mjs'
import { buildSimulation } from './simulation.mjs'

/** The most that a broken rule may stay unseen. */
const YEARS = 400
const copy = join(root, 'target', 'mutations')

/** The copy shares the folder that cargo builds in, so that only this crate is built anew. */
function makeCopy() {
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(join(copy, 'tests'), { recursive: true })
  for (const name of ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src', join('tests', 'simulation')]) {
    cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true })
  }
}

/** Each file once, with all its edits; throws if a text that is to be replaced is not there exactly once. */
function edited({ name, edits }) {
  const files = new Map()
  for (const { file, find, replace } of edits) {
    const text = files.get(file) ?? readFileSync(join(root, file), 'utf8')
    const parts = text.split(find)
    if (parts.length !== 2) throw new Error(`"${name}": ${file} has the text ${parts.length - 1} times:\n${find}`)
    files.set(file, parts.join(replace))
  }
  return files
}

/** The invariant that does not hold, if there is one. */
function simulate(program) {
  const env = {
    ...process.env,
    TRADOVATE_SIMULATION_YEARS: String(YEARS),
    RUST_BACKTRACE: '0',
  }
  delete env.TRADOVATE_SIMULATION_SEED
  const { stdout } = spawnSync(program, ['a_thousand_years', '--nocapture'], {
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return stdout.match(/^FAILED \[(.+?)\]/m)?.[1]
}

function seconds(since) {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`
}

const { short, only } = parseArgs({ options: { short: { type: 'boolean' }, only: { type: 'string' } } }).values
const chosen = mutations.filter(mutation => (!short || mutation.short) && (!only || mutation.name.includes(only)))
const start = performance.now()
let missed = 0

for (const mutation of mutations) edited(mutation)
makeCopy()
for (const mutation of chosen) {
  const since = performance.now()
  const files = edited(mutation)
  for (const [file, text] of files) writeFileSync(join(copy, file), text)
  const invariant = simulate(buildSimulation(copy))
  const caught = mutation.invariants.includes(invariant)
  if (!caught) missed += 1
  const verdict = caught ? 'caught' : 'MISSED'
  console.log(`${verdict}  ${mutation.name}: [${invariant ?? 'no invariant fails'}] ${seconds(since)}`)
  for (const file of files.keys()) cpSync(join(root, file), join(copy, file))
}
console.log(`${chosen.length - missed} of ${chosen.length} mutations caught in ${seconds(start)}`)
process.exitCode = missed === 0 && chosen.length > 0 ? 0 : 1
