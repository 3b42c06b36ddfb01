// The programs of the system that tests work with, and how they come here: from Debian, where this process may install them. Run as
// root, this file installs them.

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTerminal } from '../cli/terminal.js'

/** What they are, and the Debian package that brings each. */
export const NEEDED = [
  { what: 'Chromium', names: ['chromium', 'chromium-browser', 'google-chrome'], debianPackage: 'chromium' },
  // Debian has the server itself in its tools, under the name of one of them; redis-server is the service around it.
  { what: 'Redis', names: ['redis-server', 'redis-check-rdb'], debianPackage: 'redis-tools' },
  { what: 'Python', names: ['python3'], debianPackage: 'python3' },
  { what: 'faketime', names: ['faketime'], debianPackage: 'faketime' },
]

/** The path of the first of these programs that is there; undefined if none is. */
export function findProgram(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const paths = names.flatMap(name => folders.map(folder => join(folder, name)))
  return paths.find(isExecutable)
}

/** Installs what is missing, as root on Debian; elsewhere the tests that need it say that they are left out. */
export function installPrograms(terminal) {
  const missing = NEEDED.filter(({ names }) => !findProgram(names))
  if (missing.length === 0 || process.getuid?.() !== 0 || !findProgram(['apt-get'])) return
  terminal.line(`Installing ${missing.map(({ what }) => what).join(' and ')} for the tests (apt-get) ...`)
  const packages = missing.map(({ debianPackage }) => debianPackage)
  const installed = aptGet('install', '--yes', '--no-install-recommends', ...packages)
  // The lists of packages may be missing or old.
  if (!installed && !(aptGet('update') && aptGet('install', '--yes', '--no-install-recommends', ...packages))) {
    terminal.line(terminal.red('apt-get failed; the tests that need what is missing will say so.'))
  }
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('apt-get', ['--quiet', ...args], { env, stdio: 'ignore' }).status === 0
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const terminal = createTerminal()
  installPrograms(terminal)
  const missing = NEEDED.filter(({ names }) => !findProgram(names))
  for (const { what } of missing) terminal.line(terminal.red(`${what} is not here.`))
  if (missing.length > 0) process.exitCode = 1
}
