// What a release is built with: always the same Rust, and for Linux always the same linker, so that the same sources give the same bytes.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../addon.mjs'

/** The version of Rust; newer than the oldest one that Cargo.toml allows. */
export const RUST = '1.95.0'

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url))

/**
 * What the environment of cargo must have, so that it builds for the target with that Rust. With `install`, rustup fetches what is
 * missing: that changes the user's own Rust.
 */
export function rustFor(target, { install = false } = {}) {
  if (hasRust(target)) return {}
  const args = ['toolchain', 'install', RUST, '--profile', 'minimal', '--target', target]
  if (!install) {
    throw new Error(`Rust ${RUST} with its standard library for ${target} is not here: run "rustup ${args.join(' ')}"`)
  }
  run('rustup', args)
  return { RUSTUP_TOOLCHAIN: RUST }
}

function hasRust(target) {
  const ask = (...args) => spawnSync('rustc', args, { cwd: root, encoding: 'utf8' }).stdout ?? ''
  const [, version] = ask('--version').split(' ')
  return version === RUST && existsSync(ask('--print', 'target-libdir', '--target', target).trim())
}

/** Installs Zig as a linker and C compiler for Linux into `folder`; gives the path of cargo-zigbuild, which cargo is built with. */
export function zigbuild(folder) {
  const bin = join(folder, 'bin')
  if (!existsSync(join(bin, 'cargo-zigbuild'))) {
    run('python3', ['-m', 'venv', folder])
    run(join(bin, 'pip'), [
      'install',
      '--quiet',
      '--only-binary=:all:',
      '--require-hashes',
      '--requirement',
      REQUIREMENTS,
    ])
  }
  return bin
}

function run(command, args) {
  const { error, status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
}
