// npm run bench:pages: writes what is in bench/results.json, the results of record, into docs/performance.md and the README.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchFolder, root } from './places.mjs'
import { pages } from './sections.mjs'

const results = JSON.parse(readFileSync(join(benchFolder, 'results.json'), 'utf8'))
for (const [path, written] of Object.entries(pages)) {
  const file = join(root, path)
  writeFileSync(file, written(readFileSync(file, 'utf8'), results))
  console.log(`${path} has the results of ${results.at.slice(0, 10)}.`)
}
