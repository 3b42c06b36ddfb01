// Puts the facade into one file, which is what a bot loads: each file costs Node some time and memory. What runs inside a
// checkout takes index.js, which is the same in many files.

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { putInPlace, root } from './addon.mjs'

const facade = join(root, 'tradovate-session.js')
const STAND_IN = `'use strict'\n\nmodule.exports = require('./index.js')\n`

/** Needs esbuild, which "npm ci" brings. */
export async function bundleFacade() {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [join(root, 'index.js')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // An error is known by its name, in logs too.
    keepNames: true,
    // The one is read only after a failure; the other is changed when it is packed.
    external: ['./native-failure.js', './package.json'],
    write: false,
  })
  writeFacade(outputFiles[0].contents)
}

function writeFacade(contents) {
  putInPlace(facade, temporary => writeFileSync(temporary, contents))
}

// As npm's "prepare", which also runs where only what is needed to run was installed: there the many files do the same.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await bundleFacade()
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    if (!existsSync(facade)) writeFacade(STAND_IN)
  }
}
