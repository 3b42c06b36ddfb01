// Every TypeScript block of the README and of the pages in docs/, and every example in the declarations, compiles under the strictest
// flags that users set.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import tradovate from '../index.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

const FLAGS = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitReturns: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
  paths: {
    'tradovate-session': [join(root, 'index.d.ts')],
    'tradovate-session/sandbox': [join(root, 'sandbox', 'index.d.ts')],
  },
}

// What the text around the blocks has introduced, or takes for the reader's own.
const INTRODUCED = `
import type * as tradovate from 'tradovate-session'

declare global {
  const Session: typeof tradovate.Session
  const session: tradovate.Session
  const credentials: tradovate.Credentials
  const name: string
  const password: string
  const sec: string
  const key: Uint8Array
  const accountId: number
  const generated: { setConfig(config: { baseUrl: string; fetch: typeof fetch }): unknown }
  interface paths {}
  const mySecretManager: { read(key: string): Promise<{ name: string; password: string; cid: number; sec: string }> }
  const assert: typeof import('node:assert/strict')
  // Node's own, from 22 on.
  class WebSocket {
    constructor(url: string)
    addEventListener(type: string, listener: (event: { data: string }) => void): void
    send(data: string): void
    close(): void
  }
}
`

/** The TypeScript blocks of a text, each by the number of the line before it. */
function blocksOf(text) {
  const blocks = new Map()
  let first
  const lines = text.split('\n').map(line => line.replace(/^ *\* ?/, ''))
  for (const [index, line] of lines.entries()) {
    if (first === undefined && line === '```ts') first = index + 1
    else if (first !== undefined && line === '```') {
      blocks.set(first, lines.slice(first, index))
      first = undefined
    }
  }
  return blocks
}

/** Compiles the blocks of `files` together; each must have at least as many as it says. */
function assertCompile(files) {
  const folder = mkdtempSync(join(tmpdir(), 'documented-types-'))
  try {
    for (const [file, least] of Object.entries(files)) {
      const blocks = blocksOf(readFileSync(join(root, file), 'utf8'))
      assert.ok(blocks.size >= least, `${file}: ${blocks.size} blocks`)
      for (const [line, block] of blocks) {
        // Its lines have the numbers that they have in the file.
        const text = [...Array(line).fill(''), ...block, 'export {}', ''].join('\n')
        writeFileSync(join(folder, `${file.replace(/\W+/g, '-')}-line-${line}.ts`), text)
      }
    }
    writeFileSync(join(folder, 'introduced.d.ts'), INTRODUCED)
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: FLAGS, include: ['*.ts'] }))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { cwd: folder, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the declarations have each function and class that the package exports, and no other', () => {
  const declared = readFileSync(join(root, 'index.d.ts'), 'utf8').matchAll(/^export (?:function|class) (\w+)/gm)
  assert.deepEqual(Array.from(declared, ([, name]) => name).sort(), Object.keys(tradovate).sort())
})

const BLOCKS = {
  'README.md': 4,
  'docs/endpoints.md': 6,
  'docs/errors.md': 1,
  'docs/getting-started.md': 1,
  'docs/many-bots.md': 3,
  'docs/orders.md': 2,
  'docs/sandbox-trading.md': 1,
  'docs/sandbox.md': 4,
  'docs/session.md': 5,
  'docs/token-service.md': 1,
  'docs/tracing.md': 1,
}

test('the blocks of the README and of the pages compile', () => assertCompile(BLOCKS))

test('no page with a block is left out', () => {
  const pages = readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .sort()
  const withBlocks = pages.filter(name => blocksOf(readFileSync(join(root, 'docs', name), 'utf8')).size > 0)
  assert.deepEqual(
    withBlocks.map(name => `docs/${name}`),
    Object.keys(BLOCKS).filter(name => name !== 'README.md'),
  )
})

test('the examples in the declarations compile', () => assertCompile({ 'index.d.ts': 10 }))
test('the examples in the declarations of the sandbox compile', () => assertCompile({ 'sandbox/index.d.ts': 3 }))
