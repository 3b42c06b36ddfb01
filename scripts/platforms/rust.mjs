// A Rust for targets that the installed one has no standard library for: Debian's, with that of arm64, and with the sources that cargo
// builds any other from. The installed cargo drives it.

import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.mjs'
import { unpack, unpackSystem } from './debian.mjs'

const RELEASE = 'bookworm'
/** Compiler, standard library of arm64, sources. Their version moves with Debian's security updates. */
const PACKAGES = ['rustc-web', 'libstd-rust-web-dev:arm64', 'rust-web-src']
/** What the compiler and this processor's standard library need comes with this one. */
const SYSTEM = ['libstd-rust-web-dev']

/** Has cargo build the standard library too. */
export const BUILD_STD = '-Zbuild-std=std,panic_unwind'

/** What the environment of cargo must have for that Rust. RUSTC_BOOTSTRAP allows BUILD_STD. */
export function debianRust() {
  return { RUSTC: join(cached('rust', fill), 'rustc'), RUSTC_BOOTSTRAP: '1' }
}

function fill(folder) {
  unpackSystem(RELEASE, 'amd64', SYSTEM, folder)
  unpack(RELEASE, PACKAGES, folder)
  dropUnneeded(folder)
  // The compiler finds its standard libraries from where it is, and its own libraries are not where this machine's are.
  const script = `#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH=$here/usr/lib/x86_64-linux-gnu exec "$here/usr/bin/rustc" "$@"
`
  writeFileSync(join(folder, 'rustc'), script, { mode: 0o755 })
}

/** Removes the sources of the compiler, a third of all. */
function dropUnneeded(folder) {
  const sources = join(folder, 'usr', 'src')
  for (const name of readdirSync(sources)) {
    for (const part of ['src', 'compiler']) rmSync(join(sources, name, part), { recursive: true, force: true })
  }
}
