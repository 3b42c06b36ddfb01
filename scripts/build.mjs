// npm run build and npm run build:release: the addon, with cargo's own output.

import { buildAddon, missingToolchain } from './addon.mjs'

const missing = missingToolchain()
if (missing) {
  console.error(missing)
  process.exit(1)
}
try {
  await buildAddon({ release: process.argv.includes('--release') })
} catch (error) {
  console.error(`The addon could not be built: ${error.message}.`)
  process.exitCode = 1
}
