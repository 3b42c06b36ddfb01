// The file that a bot loads, tradovate-session.js: the facade in one file (scripts/bundle.mjs), or what stands in for it.

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { putInPlace, root } from './addon.mjs'

const file = join(root, 'tradovate-session.js')
const STAND_IN = `'use strict'\n\nmodule.exports = require('./index.js')\n`

export function writeFacade(contents) {
  putInPlace(file, temporary => writeFileSync(temporary, contents))
}

/** Where it could not be bundled, the many files do the same, and take longer to load. */
export function ensureFacade() {
  if (!existsSync(file)) writeFacade(STAND_IN)
}
