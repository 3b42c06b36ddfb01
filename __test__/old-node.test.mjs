// A Node that is too old is named in one sentence when the package is loaded, and not by whatever it lacks later.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const least = Number(engines.node.match(/\d+/)[0])
const folder = mkdtempSync(join(tmpdir(), 'old-node-'))
after(() => rmSync(folder, { recursive: true }))

/** Loads a module of the package in a Node that says it is `version`, and lacks what came with Node 20. */
function loadIn(version, module) {
  const disguise = join(folder, `node-${version}.cjs`)
  const lines = [
    `Object.defineProperty(process.versions, 'node', { value: '${version}' })`,
    version < '20' ? 'delete String.prototype.isWellFormed' : '',
  ]
  writeFileSync(disguise, lines.join('\n'))
  const script = `try { require(${JSON.stringify(join(root, module))}); console.log('loaded') }
    catch ({ code, message }) { console.log(code, message) }`
  const { stdout, stderr } = spawnSync(process.execPath, ['--require', disguise, '-e', script], { encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout.trim()
}

for (const module of ['index.js', 'tradovate-session.js']) {
  test(`${module} on Node 18 says which Node it needs`, () => {
    const sentence = `EBADENGINE tradovate-session needs Node.js ${least} or newer, and this is 18.20.8`
    assert.equal(loadIn('18.20.8', module), sentence)
    assert.equal(loadIn(`${least}.0.0`, module), 'loaded')
  })
}

test('the command on Node 18 says so too', () => {
  const disguise = join(folder, 'node-18.20.8.cjs')
  const command = [join(root, 'cli', 'main.js'), 'status', '--store', folder]
  const env = { ...process.env, TRADOVATE_NAME: 'n' }
  const { status, stderr } = spawnSync(process.execPath, ['--require', disguise, ...command], { encoding: 'utf8', env })
  assert.equal(status, 1)
  assert.match(stderr, /^EBADENGINE: tradovate-session needs Node\.js 20 or newer, and this is 18\.20\.8\b.*\n$/)
})
