// Clocks that are wrong, for bots in processes of their own: the Debian package faketime tells them another time.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { findProgram } from '../../scripts/programs.mjs'

const PROGRAM = findProgram(['faketime'])

/** Why a test that needs a wrong clock is left out; false where there can be one, and under CI, where none is a failure. */
export const skipWithoutFaketime = !PROGRAM && process.env.CI !== 'true' && 'no faketime is here'

/** The library that a process is started with, as the program itself names it. */
function library() {
  const { stdout, status } = spawnSync(PROGRAM ?? 'faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error('faketime does not work')
  return stdout.trim()
}

/**
 * The environment of a process whose wall clock is off by this (`+2h`, `-8h`). `isMonotonicFaked`: its monotonic clock likewise,
 * as in another run of the machine.
 */
export function wrongClock(offset, { isMonotonicFaked = true } = {}) {
  const monotonic = isMonotonicFaked ? '0' : '1'
  return { ...process.env, LD_PRELOAD: library(), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: monotonic }
}

/** The environment of a process whose wall clock is set by `set(offset)` while it runs. */
export function settableClock(file, offset) {
  const set = to => writeFileSync(file, `${to}\n`)
  set(offset)
  const { FAKETIME: _, ...env } = wrongClock(offset, { isMonotonicFaked: false })
  return { env: { ...env, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' }, set }
}
