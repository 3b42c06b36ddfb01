// Runs when the package is installed: sees to it that there is an addon for this platform, and the file that loads it.

import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { addonPath, buildAddon, missingToolchain, root } from './addon.mjs'
import { ensureFacade } from './facade.mjs'

// Only a checkout has this script; there "npm start", "npm test" and "npm run build" do the building.
const isCheckout = existsSync(join(root, 'scripts', 'start.mjs'))

if (!isCheckout) ensureFacade()
if (!isCheckout && !existsSync(addonPath)) {
  const missing = missingToolchain()
  if (missing) {
    console.error(missing)
    process.exit(1)
  }
  const targetDir = join(root, 'target')
  try {
    await buildAddon({ release: true, targetDir })
  } catch (error) {
    console.error(`tradovate-session could not be built: ${error.message}; cargo's own words are above.`)
    process.exitCode = 1
  } finally {
    rmSync(targetDir, { recursive: true, force: true })
  }
}
