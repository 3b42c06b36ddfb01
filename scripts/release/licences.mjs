// The licences of what is compiled into an addon, in one text: each crate, and each different text once.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cratesFor } from './crates.mjs'

const LICENCE_FILE = /^(licen[cs]e|copying|copyright|notice|unlicense)/i
const RULE = '-'.repeat(80)

/** For a target of Rust, as x86_64-unknown-linux-gnu. */
export function thirdPartyLicences(target) {
  const crates = cratesFor(target)
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

function licenceTexts({ manifest_path }) {
  const folder = dirname(manifest_path)
  const files = readdirSync(folder, { withFileTypes: true }).filter(
    file => file.isFile() && LICENCE_FILE.test(file.name),
  )
  return files.map(({ name }) => readFileSync(join(folder, name), 'utf8'))
}
