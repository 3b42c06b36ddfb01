// Builds the simulation, for `npm test` and `npm run mutations`.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './addon.mjs'

const cargo = process.env.CARGO ?? 'cargo'

/** Builds the simulation of the crate in `folder`, in the folder that cargo always builds in. Returns the program's path. */
export function buildSimulation(folder) {
  const args = [
    'test',
    '--no-run',
    '--locked',
    '--no-default-features',
    '--test',
    'simulation',
    '--message-format=json',
  ]
  const env = { ...process.env, CARGO_TARGET_DIR: join(root, 'target') }
  const { status, stdout, stderr } = spawnSync(cargo, args, { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28 })
  const messages = stdout.split('\n').filter(line => line.startsWith('{"reason"'))
  const found = messages
    .map(line => JSON.parse(line))
    .find(message => message.target?.name === 'simulation' && message.executable)
  if (status !== 0 || !found) throw new Error(`The simulation cannot be built:\n${stderr}`)
  return found.executable
}
