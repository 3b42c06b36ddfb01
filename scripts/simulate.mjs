// npm run simulate: the real session in simulated worlds, 100,000 years of them ("--years N" for others, "--seed N" for one world).

import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from './addon.mjs'

const { years, seed } = parseArgs({
  options: { years: { type: 'string', default: '100000' }, seed: { type: 'string' } },
}).values
for (const [name, value] of Object.entries({ years, seed })) {
  if (value !== undefined && !/^\d+$/.test(value)) throw new Error(`--${name} takes a whole number`)
}
const env = { ...process.env, TRADOVATE_SIMULATION_YEARS: years }
if (seed !== undefined) env.TRADOVATE_SIMULATION_SEED = seed
const args = [
  'test',
  '--locked',
  '--no-default-features',
  '--test',
  'simulation',
  'a_thousand_years',
  '--',
  '--nocapture',
]
const { status } = spawnSync('cargo', args, { cwd: root, env, stdio: 'inherit' })
process.exitCode = status ?? 1
