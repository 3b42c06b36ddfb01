// What a release publishes, for platforms whose addons are stand-ins.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import native from '../native.js'
import { addonPath, root } from '../scripts/addon.mjs'
import { findProgram } from '../scripts/programs.mjs'
import { thirdPartyLicences } from '../scripts/release/licences.mjs'
import { LIMITS, packRelease } from '../scripts/release/pack.mjs'
import { targetOf } from '../scripts/release/packages.mjs'
import { manifestIn } from './packages/registry.mjs'
import { standInRust } from './packages/rust.mjs'

const isWindows = process.platform === 'win32'
const thisPlatform = native.platforms.find(name => native.addonFile(name) === basename(addonPath))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

let work

before(() => {
  work = mkdtempSync(join(tmpdir(), 'release-test-'))
})

after(() => rmSync(work, { recursive: true, force: true }))

/** A folder of addons by the names of their files. */
function addonsOf(files) {
  const folder = mkdtempSync(join(work, 'addons-'))
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents)
  return folder
}

describe('a release', () => {
  it('has a package for each platform that the loader knows, selected by system, processor and C library', () => {
    const files = Object.fromEntries(native.platforms.map(name => [native.addonFile(name), name]))
    const packed = packRelease({ addons: addonsOf(files), licencesOf: () => 'licences', to: join(work, 'all') })
    const manifests = packed.map(({ file }) => manifestIn(file))
    const rows = manifests.slice(2).map(({ name, os, cpu, libc, main }) => [name, os[0], cpu[0], libc?.[0], main])
    const row = (name, ...selection) => [`@tradovate-session/${name}`, ...selection, `tradovate-session.${name}.node`]
    assert.deepEqual(rows, [
      row('darwin-arm64', 'darwin', 'arm64', undefined),
      row('darwin-x64', 'darwin', 'x64', undefined),
      row('linux-arm64-gnu', 'linux', 'arm64', 'glibc'),
      row('linux-arm64-musl', 'linux', 'arm64', 'musl'),
      row('linux-x64-gnu', 'linux', 'x64', 'glibc'),
      row('linux-x64-musl', 'linux', 'x64', 'musl'),
      row('win32-arm64-msvc', 'win32', 'arm64', undefined),
      row('win32-x64-msvc', 'win32', 'x64', undefined),
    ])
    const [main, source] = manifests
    assert.deepEqual([main.name, source.name], ['tradovate-session', '@tradovate-session/source'])
    assert.deepEqual(
      Object.entries(main.optionalDependencies),
      rows.map(([name]) => [name, version]),
    )
    // A scoped package is published for its owner alone, unless it says otherwise.
    for (const manifest of manifests.slice(1)) assert.equal(manifest.publishConfig.access, 'public', manifest.name)
    for (const manifest of manifests) assert.deepEqual([manifest.version, manifest.scripts], [version, undefined])
  })

  it('refuses a folder without addons, and an addon of no known platform', () => {
    const pack = files => packRelease({ addons: addonsOf(files), licencesOf: () => '', to: join(work, 'refused') })
    assert.throws(() => pack({}), /has no addon: no file ends with \.node$/)
    assert.throws(() => pack({ 'tradovate-session.linux-mips.node': '' }), /is of no platform that native\.js names$/)
    assert.ok(!existsSync(join(work, 'refused')))
  })

  it('names each platform as Rust does', () => {
    assert.deepEqual(native.platforms.map(targetOf), [
      'aarch64-apple-darwin',
      'x86_64-apple-darwin',
      'aarch64-unknown-linux-gnu',
      'aarch64-unknown-linux-musl',
      'x86_64-unknown-linux-gnu',
      'x86_64-unknown-linux-musl',
      'aarch64-pc-windows-msvc',
      'x86_64-pc-windows-msvc',
    ])
  })

  it('brings the licences of what is compiled in, and of nothing else', () => {
    const text = thirdPartyLicences(targetOf(thisPlatform))
    const crates = [...text.split('\n\n')[1].matchAll(/^(\S+) \d+\.\d+\.\d+\S*: .+$/gm)].map(([, name]) => name)
    for (const name of ['napi', 'ring', 'rustls', 'tokio', 'webpki-root-certs']) assert.ok(crates.includes(name), name)
    for (const name of ['tradovate-session', 'proptest', 'tempfile', 'napi-build', 'napi-derive', 'syn']) {
      assert.ok(!crates.includes(name), name)
    }
    assert.match(text, /^-+\n.*\bring \d.*\n-+\n/m)
    assert.match(text, /WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND/)
  })
})

describe('npm run pack:release', { skip: isWindows && 'the stand-ins are shell scripts' }, () => {
  function packTo(to, { args = [], library } = {}) {
    const rust = library && standInRust(work, { version: '1.99.0', library, cargo: findProgram(['cargo']) })
    const env = { ...process.env, PATH: [rust, process.env.PATH].filter(Boolean).join(delimiter) }
    const command = [join(root, 'scripts', 'pack-release.mjs'), '--to', to, ...args]
    return spawnSync(process.execPath, command, { cwd: work, encoding: 'utf8', env })
  }

  it('packs the addons of a folder, names the platforms that are absent, and removes what it packed before', () => {
    const to = join(work, 'given')
    mkdirSync(to)
    for (const name of ['tradovate-session-0.0.1.tgz', 'notes.txt']) writeFileSync(join(to, name), '')
    const addons = addonsOf({ [basename(addonPath)]: 'an addon' })
    const { status, stdout, stderr } = packTo(to, { args: ['--addons', addons] })
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal(stdout.match(/^ *\d+ bytes {2}.*\.tgz$/gm).length, 3)
    const absent = native.platforms.filter(name => name !== thisPlatform)
    assert.ok(stdout.includes(`Without ${absent.join(', ')}: there is no addon of theirs.`), stdout)
    const tarball = name => `tradovate-session${name}-${version}.tgz`
    assert.deepEqual(
      readdirSync(to).sort(),
      ['notes.txt', tarball(''), tarball('-source'), tarball(`-${thisPlatform}`)].sort(),
    )
  })

  it('builds the release addon of this platform, and fails if a package is too large', () => {
    const library = join(work, 'large')
    writeFileSync(library, randomBytes(LIMITS.platform))
    const before = readFileSync(addonPath)
    const { status, stderr } = packTo(join(work, 'built'), { library })
    assert.equal(status, 1)
    assert.equal(
      stderr,
      `@tradovate-session/${thisPlatform} is larger than the ${LIMITS.platform} bytes that it may have.\n`,
    )
    assert.match(readFileSync(join(work, 'cargo-arguments'), 'utf8'), / --release$/)
    assert.ok(readFileSync(addonPath).equals(before), 'the addon of the checkout is what it was')
  })

  it('says in one sentence why it packed nothing', () => {
    const { status, stdout, stderr } = packTo(join(work, 'none'), { args: ['--addons', addonsOf({})] })
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^Nothing was packed: .* has no addon: no file ends with \.node\n$/)
  })
})

it('the checkout itself is not published', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { status, stdout } = spawnSync(scripts.prepublishOnly, { shell: true, encoding: 'utf8' })
  assert.notEqual(status, 0)
  assert.match(stdout, /^Publish the tarballs that npm run pack:release writes/)
})
