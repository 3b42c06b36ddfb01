// npm run reproducible -- [PLATFORM]: builds the released addon of a Linux platform twice, in two folders, and fails if the bytes differ.
// "--against FILE" builds it once and compares it with FILE, so that anybody can see what a published addon was made of. "--install" has
// rustup install the Rust that is wanted.

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildPlatform, copySources } from './release/build-platform.mjs'

const SHOWN = 10

const options = { against: { type: 'string' }, install: { type: 'boolean' } }
const { positionals, values } = parseArgs({ allowPositionals: true, options })
const [platform = 'linux-x64-gnu'] = positionals
const work = mkdtempSync(join(tmpdir(), 'reproducible-'))

/** Builds a copy of the sources in a folder of this name. */
async function build(name) {
  const folder = join(work, name)
  mkdirSync(folder, { recursive: true })
  copySources(folder)
  const to = join(work, `${name.replaceAll('/', '-')}.node`)
  await buildPlatform(platform, { folder, to, install: values.install, tools: join(work, 'tools') })
  rmSync(folder, { recursive: true })
  return readFileSync(to)
}

/** Where two files differ, as the first few distances from their beginning. */
function differences(one, other) {
  const found = []
  for (let at = 0; at < Math.max(one.length, other.length) && found.length < SHOWN; at += 1) {
    if (one[at] !== other[at]) found.push(at)
  }
  return found
}

const said = bytes => `${createHash('sha256').update(bytes).digest('hex')}, ${bytes.length} bytes`

try {
  if (!platform.startsWith('linux-') || positionals.length > 1) {
    throw new Error('Usage: npm run reproducible -- [PLATFORM OF LINUX] [--against FILE]')
  }
  const against = values.against && readFileSync(resolve(values.against))
  const one = against ?? (await build('one'))
  console.log(`${against ? values.against : 'the first build'}: ${said(one)}`)
  const other = await build('a/longer/path')
  console.log(`${against ? 'built here' : 'the second build'}: ${said(other)}`)
  const found = differences(one, other)
  if (found.length > 0) throw new Error(`The bytes differ, first at ${found.join(', ')}.`)
  console.log('The same bytes.')
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
