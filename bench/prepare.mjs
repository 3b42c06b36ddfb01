// What must be there before anything is measured: the peers, the server, and the package as it is installed.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { addonPath, buildAddon } from '../scripts/addon.mjs'
import { bundleFacade } from '../scripts/bundle.mjs'
import { benchFolder, packageFolder, root, serverFolder } from './places.mjs'

const NEEDED_TO_RUN = ['tradovate-session.js', 'package.json']

/** Installs and builds; cargo and npm decide what is to be done. */
export async function prepare() {
  installPeers()
  run('cargo', ['build', '--release', '--locked'], serverFolder)
  await assemblePackage()
}

/** The file of the release addon. */
export const releaseAddon = join(packageFolder, basename(addonPath))

/** The versions that are measured. */
export function versions() {
  const { dependencies } = JSON.parse(readFileSync(join(benchFolder, 'package.json'), 'utf8'))
  const versionOf = folder => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
  const peers = Object.keys(dependencies).map(name => [name, versionOf(join(benchFolder, 'node_modules', name))])
  return { 'tradovate-session': versionOf(root), ...Object.fromEntries(peers) }
}

function installPeers() {
  const installed = join(benchFolder, 'node_modules', '.package-lock.json')
  const lock = join(benchFolder, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  run('npm', ['ci', '--loglevel=error', '--no-fund', '--no-audit'], benchFolder)
}

/** A place of its own, so that the addon which the tests use stays what it is. */
async function assemblePackage() {
  await bundleFacade()
  rmSync(packageFolder, { recursive: true, force: true })
  for (const name of NEEDED_TO_RUN) {
    const to = join(packageFolder, name)
    mkdirSync(dirname(to), { recursive: true })
    cpSync(join(root, name), to, { recursive: true })
  }
  await buildAddon({ release: true, to: releaseAddon })
}

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: command === 'npm' && process.platform === 'win32',
  })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed with exit code ${status}`)
}
