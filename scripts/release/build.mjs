// npm run release:build -- PLATFORM: builds the addon of a platform of native.js as it is released, into the folder addons/, or into
// another one with "--to FOLDER". Linux's are built on Linux, for either processor and C library. "--install" has rustup install the
// Rust that is wanted.

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import native from '../../native.js'
import { root } from '../addon.mjs'
import { buildPlatform } from './build-platform.mjs'

try {
  const options = { install: { type: 'boolean' }, to: { type: 'string', default: join(root, 'addons') } }
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  if (positionals.length !== 1) throw new Error('Usage: npm run release:build -- PLATFORM [--to FOLDER]')
  const [platform] = positionals
  const folder = resolve(values.to)
  mkdirSync(folder, { recursive: true })
  const to = join(folder, native.addonFile(platform))
  await buildPlatform(platform, { install: values.install, to })
  console.log(to)
} catch (error) {
  console.error(`Nothing was built: ${error.message}.`)
  process.exitCode = 1
}
