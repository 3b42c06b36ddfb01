// Puts the facade into one file, which is what a bot loads: each file costs Node some time and memory. What runs inside a
// checkout takes index.js, which is the same in many files.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './addon.mjs'
import { ensureFacade, writeFacade } from './facade.mjs'

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
    write: false,
  })
  writeFacade(outputFiles[0].contents)
}

// As npm's "prepare", which also runs where only what is needed to run was installed.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await bundleFacade()
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    ensureFacade()
  }
}
