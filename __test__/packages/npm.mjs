// npm as a user has it: with a registry, a home and a cache of this test's own, and no program on the PATH that could compile.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findProgram } from '../../scripts/programs.mjs'

const npmCli = [
  process.env.npm_execpath,
  realpathSync(findProgram(['npm']) ?? process.execPath),
  join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
].find(file => file?.endsWith('npm-cli.js') && existsSync(file))

/** The environment of a user whose home is `home`. */
export function userEnvironment(home, registry) {
  mkdirSync(home, { recursive: true })
  const { SYSTEMROOT, XDG_STATE_HOME, LOCALAPPDATA } = process.env
  const given = { SYSTEMROOT, XDG_STATE_HOME, LOCALAPPDATA }
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    HOME: home,
    USERPROFILE: home,
    PATH: join(home, 'no-programs'),
    npm_config_cache: join(home, 'cache'),
    npm_config_globalconfig: join(home, 'globalconfig'),
    npm_config_registry: registry,
    npm_config_update_notifier: 'false',
    npm_config_userconfig: join(home, 'userconfig'),
  }
}

/** Runs npm to its end, while the registry in this process answers it. */
export async function npm(args, { cwd, env }) {
  const child = spawn(process.execPath, [npmCli, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', text => {
      output[name] += text
    })
  }
  const [status] = await once(child, 'close')
  return { status, ...output }
}

/** Packs the package in `folder` as it is; gives the path of the tarball. */
export function packFolder(folder, to) {
  const args = [npmCli, 'pack', '--ignore-scripts', '--json', '--pack-destination', to]
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  return join(to, JSON.parse(stdout)[0].filename)
}
