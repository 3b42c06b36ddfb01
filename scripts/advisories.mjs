// npm run advisories: known vulnerabilities of what is compiled in and of what npm installs with the package. Both lists come from the
// network. "-- --install" builds cargo-deny if it is not here.

import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from './addon.mjs'

const { install } = parseArgs({ options: { install: { type: 'boolean' } } }).values

function run(command, args, stdio = ['ignore', 'inherit', 'inherit']) {
  const { status } = spawnSync(command, args, { cwd: root, stdio, shell: process.platform === 'win32' })
  return status === 0
}

const hasDeny = () => run('cargo', ['deny', '--version'], 'ignore')
if (install && !hasDeny())
  run('cargo', ['install', 'cargo-deny', '--version', '^0.20', '--locked', '--debug', '--quiet'])
if (hasDeny()) {
  if (!run('cargo', ['deny', '--locked', '--all-features', 'check', 'advisories'])) process.exitCode = 1
} else {
  console.error('cargo-deny is not here: cargo install cargo-deny --locked')
  process.exitCode = 1
}
if (!run('npm', ['audit', '--omit=dev'])) process.exitCode = 1
