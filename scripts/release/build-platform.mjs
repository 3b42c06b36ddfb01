// Builds the addon of one platform as it is released. On Linux the bytes depend on the sources and on toolchain.mjs alone.

import { cpSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import native from '../../native.js'
import { buildAddon, root } from '../addon.mjs'
import { compareVersions, glibcFloor } from '../glibc-floor.mjs'
import { targetOf } from './packages.mjs'
import { rustFor, zigbuild } from './toolchain.mjs'

/** The oldest glibc that a released addon runs with. */
export const GLIBC = '2.17'

/** What a build needs of a checkout. */
const SOURCES = ['src', 'Cargo.toml', 'Cargo.lock', 'build.rs', 'rust-toolchain.toml']

/**
 * Writes the platform's addon to the file `to`. `folder` is a copy of the sources, which gets cargo's target folder too, and `tools` a
 * folder for what Linux is linked with. With `install`, rustup installs the Rust that is wanted.
 */
export async function buildPlatform(
  platform,
  { folder = root, install, to, tools = join(root, 'target', 'release-tools') },
) {
  if (!native.platforms.includes(platform)) {
    throw new Error(`"${platform}" is no platform: there are ${native.platforms.join(', ')}`)
  }
  const target = targetOf(platform)
  const rust = rustFor(target, { install })
  const targetDir = join(folder, 'target')
  const linux = platform.startsWith('linux-')
  const names = pathNames(folder, targetDir)
  const flags = [...names.map(([from, to]) => `--remap-path-prefix=${from}=${to}`), ...flagsFor(platform)]
  const env = { ...rust, CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'), CARGO_INCREMENTAL: '0' }
  if (linux) {
    env.CFLAGS = names.map(([from, to]) => `-ffile-prefix-map=${from}=${to}`).join(' ')
    env.PATH = [zigbuild(tools), process.env.PATH].join(delimiter)
  }
  const command = linux
    ? ['cargo-zigbuild', 'zigbuild', '--target', platform.endsWith('-gnu') ? `${target}.${GLIBC}` : target]
    : ['cargo', 'build', '--target', target]
  await buildAddon({ command, env, folder, release: true, targetDir, to })
  checkGlibc(platform, to)
}

/** Copies the sources into an empty folder. */
export function copySources(to) {
  for (const path of SOURCES) cpSync(join(root, path), join(to, path), { recursive: true })
}

/** What the folders of this machine are called in an addon, where messages name a file. The last one that fits counts. */
function pathNames(folder, targetDir) {
  return [
    [process.env.CARGO_HOME ?? join(homedir(), '.cargo'), '/cargo'],
    [folder, '/tradovate-session'],
    [targetDir, '/target'],
  ]
}

function flagsFor(platform) {
  // A library for programs that are linked with musl dynamically, as Node is on Alpine.
  if (platform.endsWith('-musl')) return ['-Ctarget-feature=-crt-static']
  // Node brings no vcruntime140.dll, and a Windows on which nothing else was installed has none.
  if (platform.endsWith('-msvc')) return ['-Ctarget-feature=+crt-static']
  return []
}

function checkGlibc(platform, addon) {
  if (!platform.startsWith('linux-')) return
  const floor = glibcFloor(readFileSync(addon))
  if (platform.endsWith('-musl') && floor) throw new Error(`${addon} needs glibc ${floor}, and none was expected`)
  if (platform.endsWith('-gnu') && compareVersions(floor, GLIBC) > 0) {
    throw new Error(`${addon} needs glibc ${floor}, and at most ${GLIBC} was expected`)
  }
}
