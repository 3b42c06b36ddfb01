// The programs that the tests install for themselves: only as root, only what is missing, and never without a word.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NEEDED } from '../scripts/programs.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const NOBODY = 65534

describe('the programs for the tests', {
  skip: process.platform === 'win32' && 'the stand-ins are shell scripts',
}, () => {
  let folder
  let asked

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'programs-'))
    chmodSync(folder, 0o777)
    asked = join(folder, 'asked')
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  function standIn(name, script) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }

  function install(options = {}) {
    rmSync(asked, { force: true })
    const program = `
      import { installPrograms } from './scripts/programs.mjs'
      installPrograms({ line: text => console.log(text), red: text => text })`
    const args = ['--input-type=module', '--eval', program]
    const run = spawnSync(process.execPath, args, { cwd: root, env: { PATH: folder }, encoding: 'utf8', ...options })
    return { ...run, asked: existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : [] }
  }

  const isRoot = process.getuid?.() === 0

  it('are asked of apt-get, and of newer lists if the first try fails', {
    skip: !isRoot && 'only root may install',
  }, () => {
    standIn('apt-get', `echo "$@" >> '${asked}'; case "$*" in *update*) exit 0;; esac; exit 1`)
    const { stdout, asked: calls } = install()
    const packages = NEEDED.map(({ debianPackage }) => debianPackage).join(' ')
    const wanted = `--quiet install --yes --no-install-recommends ${packages}`
    assert.deepEqual(calls, [wanted, '--quiet update', wanted])
    assert.match(stdout, /^Installing Chromium and .* for the tests \(apt-get\) \.\.\.$/m)
    assert.match(stdout, /^apt-get failed; the tests that need what is missing will say so\.$/m)
  })

  it('are not asked for by anybody else', { skip: !isRoot && 'it shows nothing without root' }, () => {
    standIn('apt-get', `echo "$@" >> '${asked}'`)
    rmSync(asked, { force: true })
    const program =
      "const { installPrograms } = await import('./scripts/programs.mjs'); process.setuid(Number(process.env.UID)); installPrograms({ line: console.log, red: String })"
    const args = ['--input-type=module', '--eval', program]
    const run = spawnSync(process.execPath, args, {
      cwd: root,
      env: { PATH: folder, UID: String(NOBODY) },
      encoding: 'utf8',
    })
    assert.deepEqual([run.status, run.stdout, existsSync(asked)], [0, '', false], run.stderr)
  })

  it('are left alone where they are', () => {
    standIn('apt-get', `echo "$@" >> '${asked}'`)
    for (const { names } of NEEDED) standIn(names[0], '')
    const { stdout, asked: calls } = install()
    assert.deepEqual([stdout, calls], ['', []])
  })
})
