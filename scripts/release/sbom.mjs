// npm run release:sbom: writes the bill of materials of the tarballs in release/ beside them; "-- --of FOLDER" of those in another one.

import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../addon.mjs'
import { billOfMaterials } from './bom.mjs'
import { tarballsIn } from './tarballs.mjs'

try {
  const { of } = parseArgs({ options: { of: { type: 'string', default: join(root, 'release') } } }).values
  const tarballs = tarballsIn(resolve(of))
  const file = join(of, `tradovate-session-${tarballs.at(-1).version}.cdx.json`)
  const bill = billOfMaterials(tarballs)
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)
  console.log(`${bill.components.length} components  ${file}`)
} catch (error) {
  console.error(`No bill of materials was written: ${error.message}`)
  process.exitCode = 1
}
