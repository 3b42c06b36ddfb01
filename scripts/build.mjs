// npm run build and npm run build:release: the addon, with cargo's own output, and the facade in one file.

import { buildAddon, missingToolchain } from './addon.mjs'
import { bundleFacade } from './bundle.mjs'

const missing = missingToolchain()
if (missing) {
  console.error(missing)
  process.exit(1)
}
try {
  await buildAddon({ release: process.argv.includes('--release') })
  await bundleFacade()
} catch (error) {
  console.error(`The package could not be built: ${error.message}.`)
  process.exitCode = 1
}
