// Promise 14: what a disk that is full, or turned read-only, costs a session.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { filesOfLogins, until, withBots } from './bots/index.mjs'
import './own-state.mjs'

const mount = (...args) => spawnSync('mount', args, { encoding: 'utf8' })

/** Why this test cannot have a file system of its own; false if it can. Where tests must not be skipped it fails instead. */
function whyNoMount() {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid() !== 0) return 'needs root, who alone may mount'
  const { status, stderr } = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' })
  return status === 0 ? false : `root may not mount here: ${stderr.trim()}`
}

const skip = whyNoMount()

/** A small file system, mounted where the bots keep their records. */
function withDisk(run) {
  return withBots({}, async world => {
    const disk = dirname(world.path)
    const { status, stderr } = mount('-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', disk)
    assert.equal(status, 0, stderr)
    try {
      await run({ ...world, disk })
    } finally {
      await world.endAll()
      assert.equal(spawnSync('umount', [disk]).status, 0)
    }
  })
}

/** Takes all the room that is left, to the last byte. */
function fill(disk) {
  const ballast = join(disk, 'ballast')
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' })
    } catch (error) {
      assert.equal(error.code, 'ENOSPC')
    }
  }
  return () => rmSync(ballast)
}

const warned = code => news => news.heard === 'warning' && news.code === code

async function staysUsable({ sandbox, store, start }, breakIt) {
  const bot = await start()
  const before = (await bot.open(sandbox, { store })).token
  const mend = breakIt()
  const { accessToken, generation } = await bot.ask('renew')
  assert.notEqual(accessToken, before)
  assert.equal(generation, 2)
  const { message } = await bot.hears(warned('ERR_TRADOVATE_STORE'))
  assert.match(message, /cannot be saved: .+; make (room|it writable)/)
  assert.equal((await bot.ask('token')).accessToken, accessToken)
  assert.equal(await bot.ask('accounts'), 2)
  const late = await start()
  assert.equal((await late.open(sandbox, { store })).token, before, 'the stored one is still good')

  mend()
  await until(async () => (await late.ask('token')).accessToken === accessToken, 50)
  assert.deepEqual(
    filesOfLogins(store.path)
      .map(name => name.split('.')[1])
      .sort(),
    ['lock', 'record'],
  )
  assert.equal(bot.heard.filter(warned('ERR_TRADOVATE_STORE')).length, 1, 'told once')
  assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 1])
}

async function sendsNothing({ sandbox, store, start }, message) {
  const bot = await start()
  await assert.rejects(bot.open(sandbox, { store }), error => {
    assert.equal(error.code, 'ERR_TRADOVATE_STORE')
    assert.match(error.message, message)
    return true
  })
  assert.equal(sandbox.counts.calls, 0)
}

test('promise 14: on a full disk a new token is served, told of and saved when there is room', { skip }, () =>
  withDisk(world => staysUsable(world, () => fill(world.disk))),
)

test('promise 14: in a folder turned read-only likewise', { skip }, () =>
  withDisk(world =>
    staysUsable(world, () => {
      assert.equal(mount('-o', 'remount,ro', world.disk).status, 0)
      return () => assert.equal(mount('-o', 'remount,rw', world.disk).status, 0)
    }),
  ),
)

test(
  'promise 14: with no room from the start a store that was asked for is an error, and nothing is sent',
  { skip },
  () =>
    withDisk(async world => {
      mkdirSync(world.path, { mode: 0o700 })
      fill(world.disk)
      await sendsNothing(world, /No space left|make room/)
    }),
)

test('promise 14: in a read-only folder from the start it is too, and the default goes on in memory', { skip }, () =>
  withDisk(async world => {
    mkdirSync(world.path, { mode: 0o700 })
    assert.equal(mount('-o', 'remount,ro', world.disk).status, 0)
    await sendsNothing(world, /make it writable/)
    const bot = await world.start(1, { ...process.env, XDG_STATE_HOME: world.disk })
    await bot.open(world.sandbox, {})
    await bot.open(world.sandbox, {}, 'again')
    const { message } = await bot.hears(warned('ERR_TRADOVATE_STORE'))
    assert.match(message, /memory only.+store\.path/)
    assert.equal(world.sandbox.counts.logins, 1)
  }),
)

test('promise 14: without a home folder the default goes on in memory, and a store that was asked for is an error', () =>
  withBots({}, async ({ sandbox, start }) => {
    const { XDG_STATE_HOME: _, LOCALAPPDATA: __, ...rest } = process.env
    const bot = await start(1, { ...rest, HOME: '/dev/null/nowhere', USERPROFILE: 'Z:\\dev\\null\\nowhere' })
    await assert.rejects(bot.open(sandbox, { store: { type: 'file' } }), { code: 'ERR_TRADOVATE_STORE' })
    assert.equal(sandbox.counts.calls, 0)
    await bot.open(sandbox, {})
    await bot.hears(warned('ERR_TRADOVATE_STORE'))
    assert.equal(sandbox.counts.logins, 1)
  }))
