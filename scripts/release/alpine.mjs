// npm run release:alpine -- 24: tries the tarballs in release/ in a container of Alpine with that version of Node, on this processor. It
// needs Docker, and "npm ci" done. "--print" only says what it would run.

import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from '../addon.mjs'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { print: { type: 'boolean' } } })
const [node] = positionals
if (positionals.length !== 1 || !/^\d+$/.test(node)) {
  console.error('Usage: npm run release:alpine -- VERSION OF NODE [--print]')
  process.exit(1)
}
const command = [
  ...['run', '--rm', '--volume', `${root}:/checkout:ro`, '--workdir', '/checkout'],
  ...[`node:${node}-alpine`, 'node', 'scripts/release/try.mjs'],
]
if (values.print) {
  console.log(['docker', ...command].join(' '))
} else {
  const { error, status } = spawnSync('docker', command, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) console.error(`Docker did not run: ${error.message}`)
  process.exitCode = error ? 1 : status
}
