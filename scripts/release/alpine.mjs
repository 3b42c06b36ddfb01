// npm run release:alpine -- 24: tries the tarballs in release/ in a container of Alpine with that version of Node, on this processor. It
// needs Docker, and "npm ci" done. "--platform NAME" is for what tries them; "--print" only says what would run.

import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from '../addon.mjs'

const options = { platform: { type: 'string' }, print: { type: 'boolean' } }
const { positionals, values } = parseArgs({ allowPositionals: true, options })
const [node] = positionals
if (positionals.length !== 1 || !/^\d+$/.test(node)) {
  console.error('Usage: npm run release:alpine -- VERSION_OF_NODE [--platform NAME] [--print]')
  process.exit(1)
}
const command = [
  ...['run', '--rm', '--volume', `${root}:/checkout:ro`, '--workdir', '/checkout'],
  ...[`node:${node}-alpine`, 'node', 'scripts/release/try.mjs'],
  ...(values.platform ? ['--platform', values.platform] : []),
]
if (values.print) {
  console.log(['docker', ...command].join(' '))
} else {
  const { error, status } = spawnSync('docker', command, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) console.error(`Docker did not run: ${error.message}`)
  process.exitCode = error ? 1 : status
}
