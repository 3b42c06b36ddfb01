// The software bill of materials of a release, as CycloneDX 1.5: the npm packages that are installed with the main package, the packages of
// the platforms, and the crates that are compiled into each addon.
//
// npm writes its own half. cargo-cyclonedx would write one file for each target, with what builds and tests the crate too, and takes
// minutes to be built; what is compiled in is known here already, for the licences, so the other half is made from the same list.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../addon.mjs'
import { cratesFor } from './crates.mjs'
import { targetOf } from './packages.mjs'
import { RUST } from './toolchain.mjs'

/**
 * The bill of these tarballs, each with the name and version of its package, its kind and its file. The same tarballs give the same bill:
 * it has no time, and its serial number is made from the rest.
 */
export function billOfMaterials(packages) {
  const npm = npmBill()
  const main = npm.metadata.component
  const crates = cratesOf(packages)
  const bill = {
    $schema: npm.$schema,
    bomFormat: npm.bomFormat,
    specVersion: npm.specVersion,
    version: 1,
    metadata: {
      tools: npm.metadata.tools,
      component: { ...main, ...ownComponent(packages.find(({ kind }) => kind === 'main')) },
    },
    components: [
      ...npm.components,
      ...packages.filter(({ kind }) => kind !== 'main').map(ownComponent),
      ...crates.map(crateComponent),
      standardLibrary,
    ],
    dependencies: [
      ...npm.dependencies.map(({ ref, dependsOn = [] }) => ({
        ref,
        dependsOn: ref === main['bom-ref'] ? [...dependsOn, ...platforms(packages).map(refOf)] : dependsOn,
      })),
      ...platforms(packages).map(platform => ({
        ref: refOf(platform),
        dependsOn: [...crates.filter(({ on }) => on.has(platform.name)).map(cargoUrl), standardLibrary['bom-ref']],
      })),
      ...crates.map(crate => ({ ref: cargoUrl(crate), dependsOn: crate.dependsOn })),
    ],
  }
  return { ...bill, serialNumber: `urn:uuid:${uuidOf(JSON.stringify(bill))}` }
}

const platforms = packages => packages.filter(({ kind }) => kind === 'platform')
const npmUrl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`
const refOf = ({ name, version }) => `${name}@${version}`
const cargoUrl = ({ name, version }) => `pkg:cargo/${name}@${version}`

const standardLibrary = {
  'bom-ref': `rust-std@${RUST}`,
  type: 'library',
  name: 'rust-std',
  version: RUST,
  description: 'The standard library of Rust',
  licenses: [{ expression: 'MIT OR Apache-2.0' }],
}

function npmBill() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only']
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`)
  return JSON.parse(stdout)
}

function ownComponent({ file, license, name, version }) {
  return {
    'bom-ref': refOf({ name, version }),
    type: 'library',
    name,
    version,
    purl: npmUrl({ name, version }),
    hashes: [{ alg: 'SHA-512', content: createHash('sha512').update(readFileSync(file)).digest('hex') }],
    licenses: [{ license: { id: license } }],
  }
}

/** Each crate once, with the names of the packages that it is in, and the crates that it needs on any of their platforms. */
function cratesOf(packages) {
  const found = new Map()
  for (const { name } of platforms(packages)) {
    const crates = cratesFor(targetOf(name.split('/')[1]))
    const urlOf = new Map(crates.map(crate => [crate.id, cargoUrl(crate)]))
    for (const crate of crates) {
      const entry = found.get(crate.id) ?? { ...crate, on: new Set(), needed: new Set() }
      entry.on.add(name)
      for (const id of crate.needs) entry.needed.add(urlOf.get(id))
      found.set(crate.id, entry)
    }
  }
  return [...found.values()]
    .map(crate => ({ ...crate, dependsOn: [...crate.needed].sort() }))
    .sort((a, b) => (cargoUrl(a) < cargoUrl(b) ? -1 : 1))
}

function crateComponent({ description, license, name, repository, version }) {
  return {
    'bom-ref': cargoUrl({ name, version }),
    type: 'library',
    name,
    version,
    ...(description && { description: description.trim() }),
    purl: cargoUrl({ name, version }),
    hashes: [{ alg: 'SHA-256', content: checksumOf(name, version) }],
    // Crates of old write "/" where SPDX has OR.
    licenses: [{ expression: license.replaceAll(/\s*\/\s*/g, ' OR ') }],
    ...(repository && { externalReferences: [{ type: 'vcs', url: repository }] }),
  }
}

let lock

/** The hash of the crate's file, as Cargo.lock has it. */
function checksumOf(name, version) {
  lock ??= readFileSync(join(root, 'Cargo.lock'), 'utf8').replaceAll('\r\n', '\n').split('[[package]]')
  const entry = lock.find(text => text.startsWith(`\nname = "${name}"\nversion = "${version}"\n`))
  const checksum = entry?.match(/^checksum = "([0-9a-f]{64})"$/m)?.[1]
  if (!checksum) throw new Error(`Cargo.lock has no checksum of ${name} ${version}`)
  return checksum
}

/** A UUID of version 8, which is made by an own rule: here, from a hash of the text. */
function uuidOf(text) {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x80
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
