// The declarations of the addon, types/addon.d.ts, made of what napi-derive notes about each exported item when the crate is
// compiled. Run it after a change of what src/node/ exports, and after "npm run build"; the tests compare both.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './addon.mjs'

export const declarationsPath = join(root, 'types', 'addon.d.ts')
const HEADER = '// What the compiled addon exports: made by "node scripts/declarations.mjs", not by hand.\n'

/** What the last compilation has noted, one JSON text a line. */
export function readNotes() {
  // .cargo/config.toml names the folder.
  return readFileSync(join(root, 'target', 'declarations', 'tradovate-session'), 'utf8')
}

/** The text of the declarations. It depends on the names only, and not on the order in which the crate was compiled, nor on how often. */
export function declarations(notes) {
  // Where two targets of the crate are compiled at once, as by clippy, each has noted them.
  const items = [...new Set(notes.trim().split('\n'))].map(line => JSON.parse(line))
  const classes = items.filter(({ kind }) => kind === 'struct').sort(byName)
  const functions = items.filter(({ kind }) => kind === 'fn').sort(byName)
  const members = items.filter(({ kind }) => kind === 'impl')
  const known = classes.length + functions.length + members.length
  if (known !== items.length) throw new Error('the addon exports an item of a kind that is new to this script')
  const texts = [
    ...classes.map(each => classText(each, members)),
    ...functions.map(({ js_doc, def }) => `${js_doc}export ${def}\n`),
  ]
  return formatted([HEADER, ...texts.map(plain)].join('\n'))
}

function formatted(text) {
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
  const args = [biome, 'format', '--stdin-file-path=types/addon.d.ts']
  return execFileSync(process.execPath, args, { cwd: root, input: text, encoding: 'utf8' })
}

function classText({ name, js_doc }, members) {
  const own = members.filter(member => member.name === name).map(({ def }) => def)
  const lines = own.sort(byConstructor).join('\n').split('\n')
  return `${js_doc}export class ${name} {\n${lines.map(line => `  ${line.replace(/^ (?!\*)/, '')}\n`).join('')}}\n`
}

// The rest by the name of its first member, whatever is documented about it.
const firstOf = def => def.replace(/\/\*\*.*?\*\//s, '').trim()
const byConstructor = (a, b) => {
  const [first, second] = [a, b].map(firstOf)
  if (first.startsWith('constructor') !== second.startsWith('constructor'))
    return first.startsWith('constructor') ? -1 : 1
  return first < second ? -1 : 1
}
const byName = (a, b) => (a.name < b.name ? -1 : 1)

/** Rust's links as plain names. */
const plain = text => text.replace(/\[(`[\w:]+`)\]/g, (_, name) => name.replace('::', '.'))

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(declarationsPath, declarations(readNotes()))
