// What loading a package costs: time and memory of this process.

import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'
import { packageFolder } from '../places.mjs'

const require = createRequire(import.meta.url)

const load = {
  'tradovate-session': () => require(packageFolder),
  undici: () => require('undici'),
  axios: () => require('axios'),
  got: () => import('got'),
  'google-auth-library': () => require('google-auth-library'),
}

export async function measure({ subject }) {
  const memoryBefore = process.memoryUsage.rss()
  const started = performance.now()
  await load[subject]()
  const ms = performance.now() - started
  return { ms, mb: (process.memoryUsage.rss() - memoryBefore) / 1e6 }
}
