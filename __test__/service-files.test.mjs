// The file of a service's secret: a service takes over what a killed one has left there, and nothing else.

import assert from 'node:assert/strict'
import { readFile, symlink, unlink, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import tradovate from '../index.js'
import './own-state.mjs'
import { atHome, exists } from './service/home.mjs'

const { bindService, ConfigError } = tradovate

test('a file that holds something else is refused by its name, and left as it is', () =>
  atHome({}, async home => {
    const path = home.port.secretFile
    const session = await home.open()
    for (const text of ['notes\n', '{"name":"someone"}', '48213', 'a1'.repeat(33)]) {
      await writeFile(path, text, { mode: 0o600 })
      for (const take of [() => bindService(home.port), () => session.serve(home.port)]) {
        await assert.rejects(take, error => {
          assert.ok(
            error instanceof ConfigError && error.code === 'ERR_TRADOVATE_CONFIG' && error.outcome === 'not-sent',
          )
          assert.ok(
            error.message.startsWith(path.slice(0, 1)) && error.message.includes('secret is not the secret of a'),
          )
          return error.message.endsWith('name another file, or remove this one')
        })
      }
      assert.equal(await readFile(path, 'utf8'), text)
      assert.ok(!(await exists(`${path}.lock`)), 'nothing was written')
    }
  }))

test(
  'a link is refused, and what it leads to is left as it is',
  { skip: process.platform === 'win32' && 'links need a right there' },
  () =>
    atHome({}, async home => {
      const notes = `${home.port.secretFile}-notes`
      await writeFile(notes, '')
      await symlink(notes, home.port.secretFile)
      await assert.rejects(bindService(home.port), { code: 'ERR_TRADOVATE_CONFIG' })
      assert.equal(await readFile(notes, 'utf8'), '')
    }),
)

test('an empty file is taken, and what a killed service has left is replaced and removed in the end', () =>
  atHome({}, async home => {
    const path = home.port.secretFile
    await writeFile(path, '')
    const first = await bindService(home.port)
    const left = await readFile(path, 'utf8')
    await first.close()
    assert.equal(await exists(path), false)
    await writeFile(path, left, { mode: 0o644 })
    const second = await bindService(home.port)
    const secret = await readFile(path, 'utf8')
    assert.ok(secret !== left && secret.length === left.length)
    await second.close()
    assert.equal(await exists(path), false)
  }))

test(
  'a file in the place where a socket is made first is left as it is',
  { skip: process.platform === 'win32' && 'there are no Unix sockets' },
  () =>
    atHome({}, async home => {
      const path = `${home.socket.socketPath}.new`
      await writeFile(path, 'notes')
      await assert.rejects(bindService(home.socket), { code: 'ERR_TRADOVATE_CONFIG' })
      assert.equal(await readFile(path, 'utf8'), 'notes')
      await unlink(path)
      await (await bindService(home.socket)).close()
    }),
)
