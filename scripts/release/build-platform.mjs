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
 * Writes the platform's addon to the file `to`, built by the release's Rust; with `install`, rustup installs that. The other options are
 * those of `buildAs()`.
 */
export async function buildPlatform(platform, { install, ...options }) {
  if (!native.platforms.includes(platform)) {
    throw new Error(`"${platform}" is no platform: there are ${native.platforms.join(', ')}`)
  }
  const rust = rustFor(targetOf(platform), { install })
  await buildAs(platform, { ...options, rust })
}

/**
 * Builds with the Rust that the variables `rust` name, and with further `args` of cargo. `folder` is a copy of the sources, `targetDir`
 * is cargo's target folder, `tools` one for what Linux is linked with, and `onOutput` receives what cargo writes. A platform may be one
 * that no release has.
 */
export async function buildAs(platform, { args = [], onOutput, to, ...options }) {
  const { command, env, folder, targetDir } = commandFor(platform, 'rustc', options)
  await buildAddon({ command: [...command, ...args], env, folder, onOutput, release: true, targetDir, to })
  checkGlibc(platform, to)
}

/** The command of cargo that is `rustc` or `check` for a platform, and its environment; its options are those of `buildAs()`. */
export function commandFor(
  platform,
  what,
  {
    byZig = platform.startsWith('linux-'),
    folder = root,
    rust,
    targetDir = join(folder, 'target'),
    tools = join(root, 'target', 'release-tools'),
  },
) {
  const target = targetOf(platform)
  const names = pathNames(folder, targetDir)
  const flags = [...names.map(([from, to]) => `--remap-path-prefix=${from}=${to}`), ...flagsFor(platform)]
  const env = { ...rust, CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'), CARGO_INCREMENTAL: '0' }
  if (byZig) {
    env.CFLAGS = names.map(([from, to]) => `-ffile-prefix-map=${from}=${to}`).join(' ')
    env.PATH = [zigbuild(tools), process.env.PATH].join(delimiter)
  }
  const command = byZig
    ? ['cargo-zigbuild', what, '--target', zigTarget(platform, target)]
    : ['cargo', what, '--target', target]
  return { command, env, folder, targetDir }
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

/** Zig takes the oldest version of glibc with the target. */
function zigTarget(platform, target) {
  return isGnuLinux(platform) ? `${target}.${GLIBC}` : target
}

function isGnuLinux(platform) {
  return platform.startsWith('linux-') && platform.endsWith('-gnu')
}

function checkGlibc(platform, addon) {
  if (!platform.startsWith('linux-')) return
  const floor = glibcFloor(readFileSync(addon))
  if (platform.endsWith('-musl') && floor) throw new Error(`${addon} needs glibc ${floor}, and none was expected`)
  if (isGnuLinux(platform) && compareVersions(floor, GLIBC) > 0) {
    throw new Error(`${addon} needs glibc ${floor}, and at most ${GLIBC} was expected`)
  }
}
