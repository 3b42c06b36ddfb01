// The oldest glibc that an addon runs with, read from the addon.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { addonPath, root } from '../scripts/addon.mjs'
import { compareVersions, glibcFloor } from '../scripts/glibc-floor.mjs'
import { findProgram } from '../scripts/programs.mjs'

const own = process.report.getReport().header.glibcVersionRuntime
const elsewhere = process.platform !== 'linux' ? 'no Linux' : !own && 'no glibc'

function run(...args) {
  return spawnSync(process.execPath, [join(root, 'scripts', 'glibc-floor.mjs'), ...args], { encoding: 'utf8' })
}

test('versions are compared by their numbers', () => {
  const versions = ['2.34', '2.2.5', '2.4', '2.17', '2.2', '2.10']
  assert.deepEqual(versions.sort(compareVersions), ['2.2', '2.2.5', '2.4', '2.10', '2.17', '2.34'])
})

test('an addon that was built here needs no newer glibc than there is, and one that it names', {
  skip: elsewhere,
}, () => {
  const addon = readFileSync(addonPath)
  const floor = glibcFloor(addon)
  assert.ok(compareVersions(floor, own) <= 0, floor)
  const named = [...new Set(addon.toString('latin1').match(/(?<=\0GLIBC_)2[\d.]+(?=\0)/g))]
  assert.equal(floor, named.sort(compareVersions).at(-1))
})

test('objdump reads the same', {
  skip: elsewhere || (!findProgram(['objdump']) && 'no objdump is here'),
}, () => {
  const told = spawnSync('objdump', ['--private-headers', addonPath], { encoding: 'utf8' })
  const versions = [...told.stdout.matchAll(/ GLIBC_([\d.]+)$/gm)].map(([, version]) => version)
  assert.equal(glibcFloor(readFileSync(addonPath)), versions.sort(compareVersions).at(-1))
})

test('the command fails if the addon needs a newer one than it may', { skip: elsewhere }, () => {
  const floor = glibcFloor(readFileSync(addonPath))
  const said = `${addonPath} needs glibc ${floor}.\n`
  const good = run(addonPath, '--most', floor)
  assert.deepEqual([good.status, good.stdout, good.stderr], [0, said, ''])
  const bad = run(addonPath, '--most', '2.1')
  assert.deepEqual([bad.status, bad.stdout, bad.stderr], [1, said, 'That is newer than 2.1.\n'])
})

test('what is no addon of Linux is refused, and so is a version that is none', () => {
  const other = run(join(root, 'package.json'))
  assert.deepEqual([other.status, other.stdout, other.stderr], [1, '', 'it is no 64-bit little-endian ELF file\n'])
  for (const args of [[], [addonPath, '--most', 'old'], [addonPath, addonPath]]) {
    assert.match(run(...args).stderr, /^Usage: /)
  }
})
