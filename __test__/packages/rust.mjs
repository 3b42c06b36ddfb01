// Rust that compiles nothing.

import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes, in a folder of its own inside `work`, a cargo and a rustc that say their version, and "build" by a copy of `library`;
 * the arguments of that are in `work`/cargo-arguments. With the path of a real `cargo`, all else is asked of that, and there is no
 * stand-in for rustc. Gives the folder.
 */
export function standInRust(work, { version, library, cargo }) {
  const folder = mkdtempSync(join(work, 'rust-'))
  const output = join(folder, 'libtradovate_session.so')
  const artifact = { reason: 'compiler-artifact', target: { kind: ['cdylib', 'rlib'] }, filenames: [output] }
  const script = tool => `#!/bin/sh
case "$1" in
  --version) echo '${tool} ${version} (0000000 2026-01-01)' ;;
  rustc) printf '%s' "$*" > '${join(work, 'cargo-arguments')}'; cp '${library}' '${output}'; echo '${JSON.stringify(artifact)}' ;;
  *) exec '${cargo}' "$@" ;;
esac
`
  for (const tool of cargo ? ['cargo'] : ['cargo', 'rustc']) {
    writeFileSync(join(folder, tool), script(tool))
    chmodSync(join(folder, tool), 0o755)
  }
  return folder
}
