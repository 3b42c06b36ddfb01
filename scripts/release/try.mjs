// npm run release:try: tries the tarballs in release/ (or "-- --from FOLDER") on this platform. npm installs them from a registry on
// loopback and the first examples of the manuals run; then the tests of what the addon does run on the addon of the tarball. It needs
// "npm ci" and no compiler, so it also runs where nothing else is installed. The checkout's own addon stays as it is. "--platform NAME"
// fails on another platform.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { npm, packFolder, userEnvironment } from '../../__test__/packages/npm.mjs'
import { startRegistry } from '../../__test__/packages/registry.mjs'
import native from '../../native.js'
import { root } from '../addon.mjs'
import { ADDON_TESTS, copyCheckout, testFiles } from './checkout.mjs'
import { fileIn, tarballsIn } from './tarballs.mjs'

const work = mkdtempSync(join(tmpdir(), 'release-try-'))

async function install(tarballs) {
  const folder = join(work, 'project')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true, "type": "module" }\n')
  const commander = packFolder(join(root, 'node_modules', 'commander'), work)
  const registry = await startRegistry([...tarballs.map(({ file }) => file), commander])
  try {
    const env = userEnvironment(join(work, 'home'), registry.url)
    const { status, stderr } = await npm(['install', 'tradovate-session'], { cwd: folder, env })
    if (status !== 0) throw new Error(`npm could not install the tarballs: ${stderr}`)
  } finally {
    registry.close()
  }
  return folder
}

/** Runs the first examples of the README and of the page for the start by what was installed. */
function runExamples(folder) {
  cpSync(join(root, '__test__', 'consumer', 'documented.mjs'), join(folder, 'documented.mjs'))
  const args = ['documented.mjs', join(root, 'README.md'), join(root, 'docs', 'getting-started.md')]
  const env = { ...process.env, TRADOVATE_SESSION_LOG: undefined, XDG_STATE_HOME: join(work, 'state') }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env })
  if (status !== 0 || !/^SANDBOX\d+ \{/m.test(stdout)) throw new Error(`the manuals' examples said: ${stdout}${stderr}`)
}

/** A copy of the checkout, with the files of the tarballs that are built and not committed. */
function checkoutWith(tarballs) {
  const copy = join(work, 'checkout')
  copyCheckout(copy)
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
  const own = tarballs.find(({ kind, main }) => kind === 'platform' && main === native.addonFile())
  if (!own) throw new Error(`there is no tarball of ${native.addonFile()}`)
  writeFileSync(join(copy, own.main), fileIn(own.file, own.main))
  const { file, main } = tarballs.at(-1)
  writeFileSync(join(copy, main), fileIn(file, main))
  return copy
}

function test(checkout) {
  const args = ['--test', '--test-reporter=spec', '--test-timeout=120000', ...testFiles(checkout, ADDON_TESTS)]
  const { status } = spawnSync(process.execPath, args, { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error('tests failed')
}

try {
  const options = { from: { type: 'string', default: join(root, 'release') }, platform: { type: 'string' } }
  const { from, platform } = parseArgs({ options }).values
  if (platform && native.addonFile(platform) !== native.addonFile()) {
    throw new Error(`this is no ${platform}: its addon is ${native.addonFile()}`)
  }
  const tarballs = tarballsIn(resolve(from))
  runExamples(await install(tarballs))
  const { version } = JSON.parse(
    readFileSync(join(work, 'project', 'node_modules', 'tradovate-session', 'package.json')),
  )
  console.log(`tradovate-session ${version} was installed and works, on Node ${process.version}.`)
  test(checkoutWith(tarballs))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
