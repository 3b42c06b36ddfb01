// Our own package, opened as a bot opens it.

import { createRequire } from 'node:module'
import { packageFolder } from './places.mjs'
import { OURS, OURS_NOT_WARM } from './statistics.mjs'

const require = createRequire(import.meta.url)
const credentials = { name: 'bench', password: 'bench', appId: 'bench', appVersion: '1' }

export function openOurs(base, options) {
  const { Session } = require(packageFolder)
  return Session.open(credentials, { baseUrl: base, store: { type: 'memory' }, ...options })
}

/** Ours as it is by default, and without a connection that is kept ready. */
export const bothOfOurs = [OURS, OURS_NOT_WARM]
