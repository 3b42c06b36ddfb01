// npm run release:publish: publishes the tarballs in release/, or in another folder with "-- --from FOLDER", with npm's provenance. It
// needs no token: npm asks GitHub who runs it. "-- --dry-run" publishes nothing, and works anywhere.

import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../addon.mjs'
import { publish } from './publication.mjs'
import { tarballsIn } from './tarballs.mjs'

function npm(args) {
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' }
}

try {
  const options = { 'dry-run': { type: 'boolean' }, from: { type: 'string', default: join(root, 'release') } }
  const { 'dry-run': dryRun, from } = parseArgs({ options }).values
  const tarballs = tarballsIn(resolve(from))
  const published = publish(tarballs, { dryRun, npm })
  for (const { name, version } of tarballs) {
    const what = published.includes(name) ? (dryRun ? 'would be published' : 'published') : 'was there already'
    console.log(`${name}@${version} ${what}`)
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
