// Runs a program of this machine to its end.

import { spawnSync } from 'node:child_process'

/** Gives what the program wrote; throws with the end of what it said if it fails. */
export function run(program, args, options = {}) {
  const { error, status, stderr, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  })
  if (error) throw new Error(`${program} did not run: ${error.message}`)
  if (status !== 0) {
    const said = `${stdout}${stderr}`.trim().split('\n').slice(-SHOWN).join('\n')
    throw new Error(`${[program, ...args].join(' ')} failed:\n${said}`)
  }
  return stdout
}

const SHOWN = 15
