// A copy of the checkout, in which an addon that was built elsewhere is tried.

import { cpSync, existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from '../addon.mjs'

/** The tests of what the addon does: they need no compiler and none of the tools of a release. */
export const ADDON_TESTS = [
  ...['addresses', 'answers', 'binding', 'closed-sessions', 'connecting', 'errors', 'facade', 'facade-accounts'],
  ...[
    'facade-calls',
    'facade-credentials',
    'facade-events',
    'facade-token',
    'giving-up',
    'input',
    'log',
    'lost-answers',
  ],
  ...['no-token', 'outcomes', 'penalties', 'process', 'records', 'resume', 'secrets', 'service', 'service-process'],
  ...['session', 'stampede', 'starts', 'stops', 'tls', 'told-hosts'],
]

const LEFT_OUT = ['.git', 'addons', 'bench', 'node_modules', 'release', 'target']

/** Copies the checkout without what it has fetched and built, and without any addon. */
export function copyCheckout(to) {
  const isWanted = path => !LEFT_OUT.includes(basename(path)) && !path.endsWith('.node')
  cpSync(root, to, { recursive: true, filter: path => path === root || isWanted(path) })
}

/** The paths of tests in a copy, from their names. */
export function testFiles(checkout, names) {
  const files = names.map(name => join('__test__', `${name}.test.mjs`))
  const absent = files.filter(file => !existsSync(join(checkout, file)))
  if (absent.length > 0) throw new Error(`there is no ${absent.join(', ')}`)
  return files
}
