// Fresh processes, on the cores that they are meant to have.

import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const cores = availableParallelism()
const canPin = cores > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/**
 * Sets of cores: the last one is the server's. `one` is a single other core, `two` is two cores, one of which is the server's
 * on a machine that has no more, `rest` is all but the server's.
 */
const sets = {
  server: `${cores - 1}`,
  one: '0',
  two: '0,1',
  rest: `0-${Math.max(0, cores - 2)}`,
}

/** What the results say about it. */
export const pinning = canPin ? sets : 'none: without taskset or a second core all share all cores'

/** `on` names the set of cores; without it the program has all. */
export function start(command, args, { on, ...options } = {}) {
  return canPin && on ? spawn('taskset', ['-c', sets[on], command, ...args], options) : spawn(command, args, options)
}

/** Runs a program to its end and gives what its last line, JSON, says. */
export async function figuresOf(command, args, options = {}) {
  const child = start(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    errors += text
  })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${errors || output}`)
  return JSON.parse(output.trim().split('\n').at(-1))
}
