// Our own package, opened as a bot opens it.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packageFolder, root } from './places.mjs'
import { OURS, OURS_NOT_WARM } from './statistics.mjs'

const require = createRequire(import.meta.url)
const credentials = { name: 'bench', password: 'bench', appId: 'bench', appVersion: '1' }

export function openOurs(base, options) {
  const { Session } = require(packageFolder)
  return Session.open(credentials, { baseUrl: base, store: { type: 'memory' }, ...options })
}

const hasKeepWarm = readFileSync(join(root, 'index.d.ts'), 'utf8').includes('keepWarm?:')

/** Ours as it is by default, and beside it without a connection that is kept ready, where the package has that option. */
export const bothOfOurs = hasKeepWarm ? [OURS, OURS_NOT_WARM] : [OURS]
