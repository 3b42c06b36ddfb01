// Puts the facade into one file, tradovate-session.js, which is what a bot loads: each file costs Node some time and memory.
// What runs inside a checkout takes index.js, which is the same in many files.

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './addon.mjs'

const entry = join(root, 'index.js')

export async function bundleFacade() {
  // Only a checkout has these; "npm ci" brings them.
  const [{ build }, { parse }] = await Promise.all([import('esbuild'), import('cjs-module-lexer')])
  const { exports } = parse(readFileSync(entry, 'utf8'))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
    // Never runs: by reading it, and not by running it, Node finds the names that an import can have.
    footer: { js: `0 && (module.exports = { ${exports.join(', ')} })` },
  })
  const file = join(root, 'tradovate-session.js')
  // In one step, so that a process that starts meanwhile finds all of it.
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, outputFiles[0].contents)
  renameSync(temporary, file)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleFacade()
