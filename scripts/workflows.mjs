// npm run workflows: actionlint and zizmor on the workflows of .github/, where they are installed. "-- --install" installs them into
// target/, on Linux for x64. __test__/workflows.test.mjs checks without them what matters most.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './addon.mjs'
import { findProgram } from './programs.mjs'

const LINTERS = [
  { name: 'actionlint', args: ['-color'] },
  { name: 'zizmor', args: ['--offline', '--no-progress', '--strict-collection', '.github'] },
]

const folder = join(root, 'target', 'workflow-tools')

function run(command, args) {
  const env = { ...process.env, PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter) }
  const { error, status } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) console.error(error.message)
  return status === 0
}

function install() {
  if (existsSync(join(folder, 'bin', 'zizmor'))) return true
  const requirements = join(root, 'scripts', 'workflows', 'requirements.txt')
  return (
    run('python3', ['-m', 'venv', folder]) &&
    run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--require-hashes', '--requirement', requirements])
  )
}

const { install: isWanted } = parseArgs({ options: { install: { type: 'boolean' } } }).values
if (isWanted && !install()) process.exitCode = 1
for (const { name, args } of LINTERS) {
  const program = findProgram([name]) ?? [join(folder, 'bin', name)].find(existsSync)
  console.log(program ? `${name}:` : `${name} is not installed.`)
  if (program ? !run(program, args) : isWanted) process.exitCode = 1
}
