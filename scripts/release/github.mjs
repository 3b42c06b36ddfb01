// npm run release:github -- v0.2.0: makes the release of a tag at GitHub by its own command line: the changelog's section, and the tarballs,
// the bill of materials and their checksums, of release/ or of "--from FOLDER". Run again, it makes nothing twice. "--print" only says
// what it would run.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../addon.mjs'
import { tarballsIn } from './tarballs.mjs'
import { changesOf, isPrerelease } from './versions.mjs'

const USAGE = 'Usage: npm run release:github -- TAG [--from FOLDER] [--print]'

const work = mkdtempSync(join(tmpdir(), 'release-notes-'))

/** As sha256sum writes and reads it. */
function checksums(files) {
  const line = file => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${basename(file)}\n`
  return files.map(line).join('')
}

function command(tag, from) {
  const { version } = tarballsIn(from).at(-1)
  if (tag !== `v${version}`) throw new Error(`The tarballs are of ${version}, and the tag is ${tag}.`)
  const changes = changesOf(root, version)
  if (!changes) throw new Error(`CHANGELOG.md says nothing of ${version}.`)
  const bill = join(from, `tradovate-session-${version}.cdx.json`)
  if (!existsSync(bill)) throw new Error(`${bill} is not there: run npm run release:sbom.`)
  const files = [
    ...readdirSync(from)
      .filter(file => file.endsWith('.tgz'))
      .sort()
      .map(file => join(from, file)),
    bill,
  ]
  const notes = join(work, 'notes.md')
  writeFileSync(notes, `${changes.notes}\n`)
  const sums = join(work, 'SHA256SUMS')
  writeFileSync(sums, checksums(files))
  const kind = isPrerelease(version) ? ['--prerelease'] : []
  return ['release', 'create', tag, '--verify-tag', '--title', version, '--notes-file', notes, ...kind, ...files, sums]
}

try {
  const options = { from: { type: 'string', default: join(root, 'release') }, print: { type: 'boolean' } }
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  if (positionals.length !== 1) throw new Error(USAGE)
  const [tag] = positionals
  const args = command(tag, resolve(values.from))
  if (values.print) {
    console.log(['gh', ...args].join(' '))
    console.log(readFileSync(join(work, 'notes.md'), 'utf8'))
    console.log(readFileSync(join(work, 'SHA256SUMS'), 'utf8'))
  } else if (spawnSync('gh', ['release', 'view', tag], { stdio: 'ignore' }).status === 0) {
    console.log(`There is a release of ${tag} already.`)
  } else {
    const { error, status } = spawnSync('gh', args, { stdio: 'inherit' })
    if (error || status !== 0)
      throw new Error(`gh release create failed: ${error?.message ?? `it ended with ${status}`}`)
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
