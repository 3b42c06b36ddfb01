// npm run release:version -- 0.2.0: sets the version in every file that has it, and gives the changelog's unreleased section its name
// and the day. What is wrong is said before anything is written. "--in FOLDER" does it to another checkout.

import { parseArgs } from 'node:util'
import { root } from '../addon.mjs'
import { setVersion, versionsIn } from './versions.mjs'

try {
  const options = { in: { type: 'string', default: root } }
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  if (positionals.length !== 1) throw new Error('Usage: npm run release:version -- VERSION')
  setVersion(values.in, positionals[0])
  for (const { place, version } of versionsIn(values.in)) console.log(`${version}  ${place}`)
  console.log('Read CHANGELOG.md once more, commit, and tag the commit:', `git tag v${positionals[0]}`)
} catch (error) {
  console.error(`Nothing was changed: ${error.message}`)
  process.exitCode = 1
}
