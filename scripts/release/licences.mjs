// The licences of what is compiled into an addon, in one text: each crate, and each different text once.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../addon.mjs'

const LICENCE_FILE = /^(licen[cs]e|copying|copyright|notice|unlicense)/i
const RULE = '-'.repeat(80)

/** For a target of Rust, as x86_64-unknown-linux-gnu. Cargo must have fetched the crates, as it has after a build. */
export function thirdPartyLicences(target) {
  const crates = compiledIn(cargoMetadata(target))
  const texts = new Map()
  for (const crate of crates) {
    for (const text of licenceTexts(crate)) {
      const key = text.replace(/\s+/g, ' ')
      const entry = texts.get(key) ?? { text, names: new Set() }
      entry.names.add(`${crate.name} ${crate.version}`)
      texts.set(key, entry)
    }
  }
  const withoutText = crates.filter(crate => licenceTexts(crate).length === 0)
  return [
    'The addon of tradovate-session contains code of these crates, and of the Rust standard library (MIT OR Apache-2.0).',
    crates.map(({ name, version, license }) => `${name} ${version}: ${license}`).join('\n'),
    'These bring no text of their licence; the texts of others with the same licence are below:',
    withoutText.map(({ name, version, authors }) => `${name} ${version}, by ${authors.join(', ')}`).join('\n'),
    ...[...texts.values()].map(({ text, names }) => `${RULE}\n${[...names].join(', ')}\n${RULE}\n\n${text.trim()}`),
  ]
    .join('\n\n')
    .concat('\n')
}

function cargoMetadata(target) {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', target]
  const { status, stdout, stderr } = spawnSync('cargo', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`cargo metadata failed: ${stderr}`)
  return JSON.parse(stdout)
}

/** What the crate needs to run, without itself: not what builds or tests it, and no procedural macro, which runs in the compiler. */
function compiledIn({ packages, resolve: { nodes, root: own } }) {
  const packageOf = new Map(packages.map(crate => [crate.id, crate]))
  const nodeOf = new Map(nodes.map(node => [node.id, node]))
  const isMacro = id => packageOf.get(id).targets.some(({ kind }) => kind.includes('proc-macro'))
  const found = new Set([own])
  for (const id of found) {
    for (const { dep_kinds, pkg } of nodeOf.get(id).deps) {
      if (dep_kinds.some(({ kind }) => kind === null) && !isMacro(pkg)) found.add(pkg)
    }
  }
  found.delete(own)
  return [...found]
    .map(id => packageOf.get(id))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1))
}

function licenceTexts({ manifest_path }) {
  const folder = dirname(manifest_path)
  const files = readdirSync(folder, { withFileTypes: true }).filter(
    file => file.isFile() && LICENCE_FILE.test(file.name),
  )
  return files.map(({ name }) => readFileSync(join(folder, name), 'utf8'))
}
