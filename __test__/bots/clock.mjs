// Clocks that are wrong, for bots in processes of their own: the Debian package faketime tells them another time.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../../scripts/programs.mjs'

const PROGRAM = findProgram(['faketime'])

/** Why a test that needs a wrong clock is left out; false where there can be one, and under CI, where none is a failure. */
export const skipWithoutFaketime = !PROGRAM && process.env.CI !== 'true' && 'no faketime is here'

const SHARED = '/dev/shm'
let library

/** What a process under a wrong clock is started with, as the program itself names it. */
function preload() {
  if (library === undefined) {
    const asked = ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD']
    const { stdout, stderr, status } = spawnSync(PROGRAM ?? 'faketime', asked, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`faketime does not work: ${stderr}`)
    library = stdout.trim()
  }
  return library
}

/** A process that was killed leaves the memory that faketime shares, under a name that the next one of its number wants. */
function forgetKilled() {
  const names = existsSync(SHARED) ? readdirSync(SHARED) : []
  for (const name of names) {
    const pid = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(SHARED, name), { force: true })
  }
}

if (PROGRAM) {
  forgetKilled()
  process.on('exit', forgetKilled)
}

/**
 * The environment of a process whose wall clock is off by this (`+2h`, `-8h`). `isMonotonicFaked`: its monotonic clock likewise,
 * as in another run of the machine.
 */
export function wrongClock(offset, { isMonotonicFaked = true } = {}) {
  const monotonic = isMonotonicFaked ? '0' : '1'
  return { ...process.env, LD_PRELOAD: preload(), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: monotonic }
}

/** The environment of a process whose wall clock is set by `set(offset)` while it runs. */
export function settableClock(file, offset) {
  const set = to => writeFileSync(file, `${to}\n`)
  set(offset)
  const { FAKETIME: _, ...env } = wrongClock(offset, { isMonotonicFaked: false })
  return { env: { ...env, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' }, set }
}
