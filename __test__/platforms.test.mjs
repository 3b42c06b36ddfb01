// What npm run platforms decides before it fetches and builds, and what it makes of the tests of a platform.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from '../scripts/addon.mjs'
import { cached, cacheFolder, VARIABLE } from '../scripts/platforms/cache.mjs'
import { aptSettings, mirrorsOf, sourceLines } from '../scripts/platforms/debian.mjs'
import { report, sumUp } from '../scripts/platforms/results.mjs'

let work

before(() => {
  work = mkdtempSync(join(tmpdir(), 'platforms-test-'))
})

after(() => rmSync(work, { recursive: true, force: true }))

it('Debian is fetched from where apt of this machine fetches it', () => {
  const targets = `http://other.test/node/ nodistro main
http://mirror.test/debian/ forky contrib
http://mirror.test/debian/ forky main
http://mirror.test/debian/ forky-updates main
http://mirror.test/security/ forky-security main
`
  const mirrors = mirrorsOf(targets, 'forky')
  assert.deepEqual(mirrors, { archive: 'http://mirror.test/debian/', security: 'http://mirror.test/security/' })
  assert.equal(
    sourceLines(mirrors, 'trixie', '/keys.gpg'),
    'deb [signed-by=/keys.gpg] http://mirror.test/debian/ trixie main\n' +
      'deb [signed-by=/keys.gpg] http://mirror.test/security/ trixie-security main\n',
  )
  const { security } = mirrorsOf('http://mirror.test/debian forky main', 'forky')
  assert.equal(sourceLines({ archive: 'a', security }, 'trixie', 'k').split('\n').length, 2)
  assert.throws(() => mirrorsOf(targets, 'bookworm'), /apt has no source for bookworm, component main$/)
})

it('the private apt keeps all in its folder, and runs no hook of the machine', () => {
  const settings = aptSettings('/cache/apt', 'root').split('\n')
  for (const hook of ['APT::Update::Post-Invoke-Success', 'APT::Update::Post-Invoke', 'DPkg::Post-Invoke']) {
    assert.ok(settings.includes(`#clear ${hook};`), hook)
  }
  const folders = settings.filter(line => line.startsWith('Dir::'))
  assert.ok(folders.length > 5)
  for (const line of folders) assert.match(line, /^Dir::\S+ "(\/cache\/apt|\/dev\/null)/)
})

it('what was fetched is kept for the user, or where the variable says', () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c' }), join('/c', 'tradovate-session-platforms'))
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c', [VARIABLE]: work }), work)
  assert.match(cacheFolder({}), /\.cache.tradovate-session-platforms$/)
})

it('a folder of the cache is filled once, and anew if that was not done to the end', () => {
  const before = process.env[VARIABLE]
  process.env[VARIABLE] = work
  try {
    const fill = text => folder => writeFileSync(join(folder, 'file'), text)
    const failing = folder => {
      fill('half')(folder)
      writeFileSync(join(folder, 'remains'), '')
      throw new Error('the network is gone')
    }
    assert.throws(() => cached('some', failing), /network/)
    const folder = cached('some', fill('whole'))
    assert.deepEqual(readdirSync(folder), ['file'])
    assert.equal(cached('some', failing), folder)
    assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'whole')
  } finally {
    if (before === undefined) delete process.env[VARIABLE]
    else process.env[VARIABLE] = before
  }
})

it('tests are counted, and those that cannot pass there are named with the reason', () => {
  const file = join(work, 'some.test.mjs')
  const program = `import { describe, it } from 'node:test'
    describe('a group', () => {
      it('passes', () => {})
      it('fails at sockets', () => { throw new Error('no sockets') })
    })
    it('fails', () => { throw new Error('a fault\\nof two lines') })
    it('is skipped', { skip: 'no Redis' }, () => {})`
  writeFileSync(file, program)
  const reporter = pathToFileURL(join(root, 'scripts', 'platforms', 'reporter.mjs')).href
  // A test that runs others would take this for one of them.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
  const args = ['--test', `--test-reporter=${reporter}`, file]
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  assert.equal(status, 1)
  const known = [
    { test: 'passes', why: 'wrong' },
    { test: 'fails at', file: 'some.test.mjs', why: 'no sockets there' },
    { test: 'fails', file: 'other.test.mjs', why: 'wrong' },
  ]
  const { failed, leftOut, passed } = sumUp(stdout, known)
  assert.equal(passed, 1)
  assert.deepEqual(
    failed.map(({ name, why }) => [name, why.split('\n').slice(0, 2)]),
    [['some.test.mjs: fails', ['Error: a fault', 'of two lines']]],
  )
  assert.deepEqual(leftOut, [
    { name: 'some.test.mjs: fails at sockets', why: 'no sockets there' },
    { name: 'some.test.mjs: is skipped', why: 'no Redis' },
  ])
})

it('the table has a row for each platform, and under it what failed and what was left out', () => {
  const leftOut = ['one', 'two', 'three'].map((name, i) => ({ name, why: i === 1 ? 'other' : 'same' }))
  const lines = report([
    { platform: 'a', built: 12.6, addonBytes: 7_383_352, glibc: '2.17', ranWith: 'X', passed: 9, failed: [], leftOut },
    { platform: 'b', failed: [{ name: 'could not be built', why: 'first\nsecond' }] },
  ])
  assert.deepEqual(lines, [
    'platform  built (s)  size (kB)  glibc  ran with  passed  failed  left out',
    '--------  ---------  ---------  -----  --------  ------  ------  --------',
    'a         13         7383       2.17   X         9            0  3',
    'b         -          -          -      -         -            1  -',
    '',
    'b, failed: could not be built',
    '  first',
    '  second',
    '',
    'a, left out: same',
    '  one',
    '  three',
    '',
    'a, left out: other',
    '  two',
  ])
})

it('a platform that there is not is refused before anything is fetched', () => {
  const env = { ...process.env, [VARIABLE]: join(work, 'none') }
  const args = [join(root, 'scripts', 'platforms.mjs'), '--only', 'beos']
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /^No platform was tried: (--only takes one of x64, arm64, |this needs a Debian of x64)/)
  assert.throws(() => readdirSync(join(work, 'none')))
})
