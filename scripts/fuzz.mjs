// npm run fuzz: hostile bytes against what reads them, a minute each ("--seconds N" for another time).

import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from './addon.mjs'

const TARGETS = [
  'no_answer_panics_tells_a_secret_or_costs_a_good_token',
  'no_stored_text_panics_and_what_is_read_is_written_the_same',
  'no_file_panics_and_a_sealed_one_that_was_changed_is_never_taken',
]

const { seconds } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } }).values
if (!/^[1-9]\d*$/.test(seconds)) throw new Error('--seconds takes a whole number from 1')
const cargo = ['test', '--locked', '--no-default-features', '--test', 'fuzz']
for (const target of TARGETS) {
  const { status } = spawnSync('cargo', [...cargo, target, '--', '--exact', '--nocapture'], {
    cwd: root,
    env: { ...process.env, TRADOVATE_FUZZ_SECONDS: seconds },
    stdio: 'inherit',
  })
  if (status !== 0) {
    process.exitCode = 1
    break
  }
}
