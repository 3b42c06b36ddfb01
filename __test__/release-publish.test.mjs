// What becomes of the tarballs of a release: their bill of materials, the registry, the release at GitHub. The addons are stand-ins, and
// nothing is published.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import native from '../native.js'
import { root } from '../scripts/addon.mjs'
import { billOfMaterials } from '../scripts/release/bom.mjs'
import { packRelease } from '../scripts/release/pack.mjs'
import { publish } from '../scripts/release/publication.mjs'
import { tarballsIn } from '../scripts/release/tarballs.mjs'
import { RUST } from '../scripts/release/toolchain.mjs'

const PLATFORMS = ['linux-x64-gnu', 'win32-x64-msvc']
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const isWindows = process.platform === 'win32'

let work
let folder
let tarballs
let bill

before(() => {
  work = mkdtempSync(join(tmpdir(), 'release-publish-'))
  folder = join(work, 'release')
  const addons = join(work, 'addons')
  mkdirSync(addons)
  for (const platform of PLATFORMS) writeFileSync(join(addons, native.addonFile(platform)), platform)
  packRelease({ addons, licencesOf: () => 'licences', to: folder })
  tarballs = tarballsIn(folder)
  const command = [join(root, 'scripts', 'release', 'sbom.mjs'), '--of', folder]
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
  bill = JSON.parse(readFileSync(join(folder, `tradovate-session-${version}.cdx.json`), 'utf8'))
})

after(() => rmSync(work, { recursive: true, force: true }))

const digest = (algorithm, file, encoding) => createHash(algorithm).update(readFileSync(file)).digest(encoding)

it('a release is not packed without a platform, if all are wanted', () => {
  assert.throws(
    () => packRelease({ addons: join(work, 'addons'), all: true, licencesOf: () => '', to: join(work, 'partial') }),
    /has no addon for darwin-arm64, darwin-x64, linux-arm64-gnu, linux-arm64-musl, linux-x64-musl, win32-arm64-msvc$/,
  )
})

it('every package says where it comes from, once the checkout does', async () => {
  const copy = join(work, 'checkout')
  for (const file of ['native.js', 'scripts/addon.mjs', 'scripts/release/packages.mjs']) {
    cpSync(join(root, file), join(copy, file))
  }
  const origin = {
    repository: { type: 'git', url: 'git+https://example.test/owner/name.git' },
    bugs: { url: 'https://example.test/owner/name/issues' },
    homepage: 'https://example.test/owner/name',
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...manifest, ...origin }))
  const { mainPackage, platformPackage, sourcePackage } = await import(
    pathToFileURL(join(copy, 'scripts/release/packages.mjs'))
  )
  const addon = join(work, 'addons', native.addonFile(PLATFORMS[0]))
  for (const packed of [mainPackage([]), platformPackage(PLATFORMS[0], addon, ''), sourcePackage()]) {
    const { bugs, homepage, name, repository } = packed.manifest
    assert.deepEqual({ repository, bugs, homepage }, origin, name)
  }
})

describe('the bill of materials', () => {
  it('has what npm installs, what is compiled into the addons, and the packages with their hashes', () => {
    const component = name => bill.components.find(({ 'bom-ref': ref, name: own }) => ref === name || own === name)
    assert.deepEqual([bill.bomFormat, bill.specVersion], ['CycloneDX', '1.5'])
    assert.equal(bill.metadata.component.purl, `pkg:npm/tradovate-session@${version}`)
    for (const { file, name } of tarballs.slice(0, -1)) {
      const { hashes, purl } = component(name)
      assert.deepEqual(hashes, [{ alg: 'SHA-512', content: digest('sha512', file, 'hex') }])
      assert.equal(purl, `pkg:npm/%40${name.slice(1)}@${version}`)
    }
    const lock = readFileSync(join(root, 'Cargo.lock'), 'utf8')
    const { hashes, licenses, version: ring } = component('ring')
    assert.ok(lock.includes(`name = "ring"\nversion = "${ring}"`) && lock.includes(`checksum = "${hashes[0].content}"`))
    assert.equal(licenses[0].expression, 'Apache-2.0 AND ISC')
    assert.equal(component('rust-std').version, RUST)
    assert.ok(component('commander'))
    for (const name of ['proptest', 'serde_derive', 'esbuild', 'typescript'])
      assert.equal(component(name), undefined, name)
  })

  it('says which crates are in which addon, and names nothing that it does not describe', () => {
    const needsOf = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
    const [linux, windows] = PLATFORMS.map(name => needsOf.get(`@tradovate-session/${name}@${version}`))
    const has = (needs, name) => needs.some(ref => ref.startsWith(`pkg:cargo/${name}@`))
    assert.deepEqual([has(linux, 'rustix'), has(windows, 'rustix')], [true, false])
    assert.deepEqual(
      [has(linux, 'schannel'), has(linux, 'windows-sys'), has(windows, 'windows-sys')],
      [false, false, true],
    )
    const main = needsOf.get(`tradovate-session@${version}`)
    assert.ok(PLATFORMS.every(name => main.includes(`@tradovate-session/${name}@${version}`)))
    const described = [bill.metadata.component, ...bill.components].map(({ 'bom-ref': ref }) => ref)
    assert.equal(new Set(described).size, described.length)
    for (const ref of [...needsOf.keys(), ...[...needsOf.values()].flat()]) assert.ok(described.includes(ref), ref)
  })

  it('is the same for the same tarballs, and another for others', () => {
    assert.deepEqual(billOfMaterials(tarballs), bill)
    assert.match(bill.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.notEqual(billOfMaterials(tarballs.slice(-1)).serialNumber, bill.serialNumber)
  })
})

describe('npm run release:publish', () => {
  /** An npm whose registry has the versions of `published`, by name, with the integrity of each. */
  function npmWith(published, { fails } = {}) {
    const calls = []
    const npm = args => {
      calls.push(args)
      if (args[0] === 'publish') return { status: args[1] === fails ? 1 : 0, stdout: '', stderr: 'refused' }
      const integrity = published[args[1].slice(0, args[1].lastIndexOf('@'))]
      if (integrity === 'outage') return { status: 1, stdout: '{"error":{"code":"E500"}}', stderr: 'no answer' }
      if (integrity) return { status: 0, stdout: JSON.stringify(integrity), stderr: '' }
      return { status: 1, stdout: '{"error":{"code":"E404"}}', stderr: 'not found' }
    }
    return { npm, sent: () => calls.filter(([command]) => command === 'publish') }
  }

  const integrityOf = ({ file }) => `sha512-${digest('sha512', file, 'base64')}`
  const published = chosen => Object.fromEntries(chosen.map(tarball => [tarball.name, integrityOf(tarball)]))

  it('publishes all with their provenance, and the main package last', () => {
    const registry = npmWith({})
    const names = ['@tradovate-session/linux-x64-gnu', '@tradovate-session/win32-x64-msvc', '@tradovate-session/source']
    assert.deepEqual(publish(tarballs, registry), [...names, 'tradovate-session'])
    const files = tarballs.map(({ file }) => file)
    assert.deepEqual(
      registry.sent(),
      files.map(file => ['publish', file, '--access', 'public', '--tag', 'latest', '--ignore-scripts', '--provenance']),
    )
  })

  it('goes on where a run broke off, and publishes nothing twice', () => {
    const broken = npmWith({}, { fails: tarballs[2].file })
    assert.throws(() => publish(tarballs, broken), /could not publish @tradovate-session\/source@.*: refused$/)
    const next = npmWith(published(tarballs.slice(0, 2)))
    assert.deepEqual(publish(tarballs, next), ['@tradovate-session/source', 'tradovate-session'])
    const done = npmWith(published(tarballs))
    assert.deepEqual([publish(tarballs, done), done.sent()], [[], []])
  })

  it('publishes nothing if a version is there with other contents, or if the registry does not answer', () => {
    for (const [name, found, said] of [
      ['tradovate-session', 'sha512-other', /is published with other contents: a release needs a new version$/],
      [
        '@tradovate-session/source',
        'outage',
        /could not tell whether @tradovate-session\/source@.* is published: no answer$/,
      ],
    ]) {
      const registry = npmWith({ [name]: found })
      assert.throws(() => publish(tarballs, registry), said)
      assert.deepEqual(registry.sent(), [])
    }
  })

  it('gives a prerelease to those only who ask for it', () => {
    const registry = npmWith({})
    publish([{ ...tarballs[0], version: '0.2.0-rc.1' }], registry)
    assert.deepEqual(registry.sent()[0].slice(4, 6), ['--tag', 'next'])
  })

  it('with --dry-run says what it would do', () => {
    const registry = npmWith({})
    publish(tarballs, { ...registry, dryRun: true })
    for (const args of registry.sent()) assert.deepEqual(args.slice(-1), ['--dry-run'])
  })

  it('refuses a folder in which the main package or one of a platform that nobody knows lies', () => {
    const other = mkdtempSync(join(work, 'other-'))
    assert.throws(() => tarballsIn(other), /has no tarball of the main package$/)
    cpSync(tarballs.at(-1).file, join(other, 'main.tgz'))
    assert.equal(tarballsIn(other).length, 1)
  })
})

describe('npm run release:github', { skip: isWindows && 'the stand-in is a shell script' }, () => {
  function run(tag, { exists = false } = {}) {
    const bin = mkdtempSync(join(work, 'bin-'))
    const script = `#!/bin/sh
if [ "$2" = view ]; then exit ${exists ? 0 : 1}; fi
printf '%s\\n' "$@" > '${join(bin, 'arguments')}'
for file; do case "$file" in *notes.md|*SHA256SUMS) cp "$file" '${bin}' ;; esac; done
`
    writeFileSync(join(bin, 'gh'), script)
    chmodSync(join(bin, 'gh'), 0o755)
    const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) }
    const command = [join(root, 'scripts', 'release', 'github.mjs'), tag, '--from', folder]
    return { bin, ...spawnSync(process.execPath, command, { encoding: 'utf8', env }) }
  }

  it('releases the tarballs, the bill of materials and their checksums, with the words of the changelog', () => {
    const { bin, status, stderr } = run(`v${version}`)
    assert.deepEqual([status, stderr], [0, ''])
    const args = readFileSync(join(bin, 'arguments'), 'utf8').trim().split('\n')
    assert.deepEqual(args.slice(0, 6), ['release', 'create', `v${version}`, '--verify-tag', '--title', version])
    const files = args.slice(8).map(file => basename(file))
    const billFile = `tradovate-session-${version}.cdx.json`
    const sorted = tarballs.map(({ file }) => basename(file)).sort()
    assert.deepEqual(files, [...sorted, billFile, 'SHA256SUMS'])
    const sums = readFileSync(join(bin, 'SHA256SUMS'), 'utf8')
    assert.equal(
      sums,
      [...sorted, billFile].map(file => `${digest('sha256', join(folder, file), 'hex')}  ${file}\n`).join(''),
    )
    const [, section] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(new RegExp(`^## ${version}.*\n`, 'm'))
    assert.equal(readFileSync(join(bin, 'notes.md'), 'utf8').trim(), section.split(/^## /m)[0].trim())
  })

  it('makes none that is there, and none of another version than that of the tarballs', () => {
    const there = run(`v${version}`, { exists: true })
    assert.deepEqual([there.status, there.stdout], [0, `There is a release of v${version} already.\n`])
    const other = run('v9.9.9')
    assert.deepEqual([other.status, other.stderr], [1, `The tarballs are of ${version}, and the tag is v9.9.9.\n`])
  })
})
