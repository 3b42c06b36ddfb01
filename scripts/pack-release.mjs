// npm run pack:release: writes into release/ the tarballs that a release publishes. "-- --addons FOLDER" takes the addons that
// lie there, for as many platforms; without it, the release addon is built here. "-- --to FOLDER" writes elsewhere. "-- --all" fails if
// a platform has no addon.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import native from '../native.js'
import { addonPath, buildAddon, missingToolchain, root } from './addon.mjs'
import { bundleFacade } from './bundle.mjs'
import { thirdPartyLicences } from './release/licences.mjs'
import { LIMITS, packRelease } from './release/pack.mjs'
import { targetOf } from './release/packages.mjs'

const built = mkdtempSync(join(tmpdir(), 'release-addon-'))

/** The addon of a development build lies where this one would, so it is built apart. */
async function buildHere() {
  const missing = missingToolchain()
  if (missing) throw new Error(missing)
  await buildAddon({ release: true, to: join(built, basename(addonPath)) })
  return built
}

/** Those of an earlier run, so that nobody publishes one by mistake. */
function removeTarballs(folder) {
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder)) if (/^tradovate-session-.*\.tgz$/.test(file)) rmSync(join(folder, file))
}

async function main() {
  const options = {
    addons: { type: 'string' },
    all: { type: 'boolean' },
    to: { type: 'string', default: join(root, 'release') },
  }
  const { addons, all, to } = parseArgs({ options }).values
  removeTarballs(to)
  await bundleFacade()
  const tarballs = packRelease({
    addons: addons ?? (await buildHere()),
    all,
    licencesOf: platform => thirdPartyLicences(targetOf(platform)),
    to,
  })
  for (const { file, size } of tarballs) console.log(`${String(size).padStart(9)} bytes  ${file}`)
  const absent = native.platforms.filter(platform => !tarballs.some(({ name }) => name.endsWith(`/${platform}`)))
  if (absent.length > 0) console.log(`Without ${absent.join(', ')}: there is no addon of theirs.`)
  const large = tarballs.filter(({ kind, size }) => size > LIMITS[kind])
  for (const { kind, name } of large)
    console.error(`${name} is larger than the ${LIMITS[kind]} bytes that it may have.`)
  if (large.length > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  console.error(`Nothing was packed: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(built, { recursive: true, force: true })
}
