// The file of --credentials: what it is refused for, and that nothing is sent then.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { PASSWORD, Run, runToEnd, withSandbox } from './cli/command.mjs'

const isRoot = process.getuid?.() === 0
const NOBODY = 65534

describe('--credentials', { skip: process.platform === 'win32' && 'files have no owner and bits of this kind' }, () => {
  let folder
  let file

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'credentials-'))
    file = join(folder, 'tradovate.json')
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  function write(value, mode = 0o600) {
    rmSync(file, { force: true, recursive: true })
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
    chmodSync(file, mode)
  }

  function ask(sandbox, path = file, env = {}) {
    const args = ['accounts', '--store', 'memory', '--base-url', sandbox.baseUrl, '--credentials', path]
    return runToEnd(args, { env })
  }

  async function refused(expected, path, env) {
    await withSandbox({}, async sandbox => {
      const { status, stdout, stderr } = await ask(sandbox, path, env)
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, /^ERR_TRADOVATE_CONFIG: [^\n]+\n$/)
      assert.match(stderr, expected)
      assert.equal(sandbox.counts.calls, 0)
    })
  }

  it('logs in with a file of 0600, whatever the environment says', () =>
    withSandbox({}, async sandbox => {
      write(sandbox.credentials)
      const { status, stdout } = await ask(sandbox, file, { TRADOVATE_NAME: 'another', TRADOVATE_PASSWORD: 'other' })
      assert.equal(status, 0)
      assert.match(stdout, /SANDBOX500001/)
    }))

  it('takes 0400 as well', () =>
    withSandbox({}, async sandbox => {
      write(sandbox.credentials, 0o400)
      assert.equal((await ask(sandbox)).status, 0)
    }))

  it('takes a file that begins with a byte order mark', () =>
    withSandbox({}, async sandbox => {
      write(`\uFEFF${JSON.stringify(sandbox.credentials)}`)
      assert.equal((await ask(sandbox)).status, 0)
    }))

  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o666]) {
    it(`refuses ${mode.toString(8)}`, async () => {
      write({ name: 'someone', password: PASSWORD }, mode)
      await refused(/is open to others: chmod 600 closes it\./)
    })
  }

  it('refuses a file of another user', { skip: !isRoot && 'only root can give a file away' }, async () => {
    write({ name: 'someone', password: PASSWORD })
    chownSync(file, NOBODY, NOBODY)
    await refused(/belongs to another user\./)
  })

  it('refuses a symbolic link, even to a good file', async () => {
    write({ name: 'someone', password: PASSWORD })
    const link = join(folder, 'link')
    symlinkSync(file, link)
    await refused(/is a symbolic link; name the file itself\./, link)
  })

  it('refuses what is no regular file, without waiting for it', async () => {
    const pipe = join(folder, 'pipe')
    assert.equal(spawnSync('mkfifo', ['-m', '600', pipe]).status, 0)
    await refused(/is not a regular file\./, pipe)
    await refused(/is not a regular file\./, folder)
  })

  it('refuses what is not there', () => refused(/is not there\./, join(folder, 'nowhere')))

  it('refuses more than 64 KiB', async () => {
    write({ name: 'someone', password: PASSWORD, sec: 'x'.repeat(70_000) })
    await refused(/has more than 64 KiB\./)
  })

  for (const [what, text] of Object.entries({
    'no JSON': `{ "password": "${PASSWORD}"`,
    'a list': `["${PASSWORD}"]`,
    'an unknown field': `{ "name": "someone", "password": "${PASSWORD}", "pass": "${PASSWORD}" }`,
    'a password that is no text': `{ "name": "${PASSWORD}", "password": 7 }`,
    'no password': `{ "name": "${PASSWORD}" }`,
  })) {
    it(`refuses ${what} and quotes nothing of it`, async () => {
      write(text)
      await refused(/credentials/)
    })
  }

  it(
    "takes root's file, handed out by systemd, in CREDENTIALS_DIRECTORY and nowhere else",
    {
      skip: !isRoot && 'only root can make such a file',
    },
    () =>
      withSandbox({}, async sandbox => {
        const handedOut = join(folder, 'systemd')
        mkdirSync(handedOut, { recursive: true })
        const path = join(handedOut, 'tradovate')
        writeFileSync(path, JSON.stringify(sandbox.credentials))
        chmodSync(path, 0o440)
        const env = { CREDENTIALS_DIRECTORY: handedOut }
        assert.equal((await ask(sandbox, path, env)).status, 0)
        const elsewhere = await ask(sandbox, path, { CREDENTIALS_DIRECTORY: folder })
        assert.match(elsewhere.stderr, /is open to others/)
        chmodSync(path, 0o444)
        assert.match((await ask(sandbox, path, env)).stderr, /may be written, or be read by everybody/)
      }),
  )

  it('is read anew for each login, so that a changed password is picked up', () =>
    withSandbox({ tokenLifetimeMs: 4_000 }, async sandbox => {
      write(sandbox.credentials)
      const watching = new Run(['watch', '--store', 'memory', '--base-url', sandbox.baseUrl, '--credentials', file])
      await watching.shows(/Token 1 by login/)
      write({ name: 'someone' })
      sandbox.evict()
      await watching.shows(/credentials\.password must be/)
      write(sandbox.credentials)
      await watching.shows(/Token 2 by login/)
      watching.kill('SIGTERM')
      assert.equal((await watching.end()).status, 0)
      assert.equal(sandbox.counts.logins, 2)
    }))
})
