// Publishes the tarballs of a release, so that a run that broke off can be run again.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isPrerelease } from './versions.mjs'

/**
 * Publishes what is not there yet, the main package last: the others must be there when it is installed. Throws before anything is
 * published if a version of a package is there already with other contents. `npm` runs npm and gives `{ status, stdout, stderr }`; with
 * `dryRun`, npm only says what it would do. Gives the names that were published.
 */
export function publish(tarballs, { dryRun = false, npm }) {
  const missing = tarballs.filter(tarball => !isPublished(tarball, npm))
  for (const { file, name, version } of missing) {
    const tag = isPrerelease(version) ? 'next' : 'latest'
    const args = ['publish', file, '--access', 'public', '--tag', tag, '--ignore-scripts']
    const { status, stderr } = npm([...args, dryRun ? '--dry-run' : '--provenance'])
    if (status !== 0) throw new Error(`npm could not publish ${name}@${version}: ${stderr.trim()}`)
  }
  return missing.map(({ name }) => name)
}

function isPublished({ file, name, version }, npm) {
  const { status, stdout, stderr } = npm(['view', `${name}@${version}`, 'dist.integrity', '--json'])
  const said = parsed(stdout)
  if (said?.error?.code === 'E404' || (status === 0 && said === undefined)) return false
  if (status !== 0) throw new Error(`npm could not tell whether ${name}@${version} is published: ${stderr.trim()}`)
  const own = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`
  if (said !== own)
    throw new Error(`${name}@${version} is published with other contents: a release needs a new version`)
  return true
}

/** npm writes nothing for a version that is not there. */
function parsed(text) {
  return text.trim() === '' ? undefined : JSON.parse(text)
}
