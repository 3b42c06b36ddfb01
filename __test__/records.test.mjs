// Promises 17 and 18: what lies in the state folder is checked before it counts.

import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import { callsTo, filesOfLogins, until, withBots } from './bots/index.mjs'
import { rewrite } from './bots/record.mjs'
import { stateHome } from './own-state.mjs'

const noBits = process.platform === 'win32' && 'owners and rights are the system’s there'
const noRoot = process.getuid?.() !== 0 && 'only root can give a file away'

/** With one bot that has logged in and gone, and the record that it left. */
function withRecord(run, store = {}) {
  return withBots({}, async world => {
    const first = await world.start()
    const options = { store: { ...world.store, ...store } }
    const { token } = await first.open(world.sandbox, options)
    await first.end()
    const record = filesOfLogins(world.path).find(name => name.endsWith('.record'))
    const open = async more => (await world.start()).open(world.sandbox, { ...options, ...more })
    await run({ ...world, token, open, record: join(world.path, record) })
  })
}

async function isRefused({ sandbox, open, record }, code, message) {
  const before = existsSync(record) && statSync(record).isFile() ? readFileSync(record) : undefined
  await assert.rejects(open(), error => {
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.ok(error.message.includes(dirname(record)), `it names the file: ${error.message}`)
    return true
  })
  assert.equal(callsTo(sandbox), 1, 'nothing was sent')
  if (before) assert.deepEqual(readFileSync(record), before, 'the record is left alone')
}

for (const [what, spoil, message] of [
  ['a link', ({ record }) => link(record), /link/],
  ['readable by the group', ({ record }) => chmodSync(record, 0o640), /chmod 600/],
  ['writable by everybody', ({ record }) => chmodSync(record, 0o602), /chmod 600/],
  ['in a folder that others can get into', ({ path }) => chmodSync(path, 0o755), /chmod 700/],
  [
    'in a folder of other things that others can get into',
    ({ path }) => share(path),
    /for records alone; choose a folder of its own/,
  ],
]) {
  test(`promise 18: a record that is ${what} is refused, and nothing is sent`, { skip: noBits }, () =>
    withRecord(async world => {
      spoil(world)
      await isRefused(world, 'ERR_TRADOVATE_STORE', message)
    }),
  )
}

for (const whose of ['record', 'path']) {
  test(`promise 18: a ${whose} of another user is refused, and nothing is sent`, { skip: noRoot }, () =>
    withRecord(async world => {
      chownSync(world[whose], 12_345, 12_345)
      await isRefused(world, 'ERR_TRADOVATE_STORE', /another user/)
    }),
  )
}

test('promise 18: a record of more than 64 KiB is refused, and nothing is sent', () =>
  withRecord(async world => {
    appendFileSync(world.record, ' '.repeat(64 * 1024))
    await isRefused(world, 'ERR_TRADOVATE_STORE', /longer than any record/)
  }))

test('promise 18: a record of a later version is refused by this one, in both of the ways that one may differ', () =>
  withRecord(async world => {
    const intact = readFileSync(world.record)
    rewrite(world.record, record => ({ ...record, schema: 2 }))
    await isRefused(world, 'ERR_TRADOVATE_STORE_MISMATCH', /form 2, this version knows 1/)
    writeFileSync(world.record, intact.toString().replace('tradovate-session 1', 'tradovate-session 2'))
    await isRefused(world, 'ERR_TRADOVATE_STORE_MISMATCH', /another version/)
    rewrite(world.record, record => record)
  }))

test('promise 18: fields that this version does not know do not make a record another one', () =>
  withRecord(async world => {
    rewrite(world.record, record => ({ ...record, later: { what: 'ever' } }))
    assert.equal((await world.open()).token, world.token)
    assert.equal(callsTo(world.sandbox), 1)
  }))

test('promise 18: a record that is none, and yet intact, is refused with its name and a remedy, and nothing is sent', () =>
  withRecord(async world => {
    rewrite(world.record, () => ({ other: 'things' }))
    await isRefused(world, 'ERR_TRADOVATE_STORE', /\.record: .*nothing was sent.*remove it/)
  }))

test("promise 18: another login's record is refused, and nothing is sent", () =>
  withRecord(async world => {
    rewrite(world.record, record => ({ ...record, key: '0'.repeat(32) }))
    await isRefused(world, 'ERR_TRADOVATE_STORE_MISMATCH', /another login/)
  }))

test('promise 18: a sealed record shows nothing, and is refused under another name', () => {
  const key = new Uint8Array(32).fill(5)
  return withRecord(
    async world => {
      const bytes = readFileSync(world.record)
      for (const secret of [world.token, 'accessToken', 'history']) assert.equal(bytes.indexOf(secret), -1)
      const { open, sandbox, store } = world
      const other = { ...sandbox.credentials, appId: 'another' }
      const bot = await world.start()
      await bot.open(sandbox, { store: { ...store, key } }, 'other', other)
      await bot.end()
      const [name] = filesOfLogins(world.path).filter(
        name => name.endsWith('.record') && join(world.path, name) !== world.record,
      )
      renameSync(join(world.path, name), world.record)
      await assert.rejects(open(), { code: 'ERR_TRADOVATE_STORE_MISMATCH' })
      assert.equal(callsTo(sandbox), 2)
    },
    { key },
  )
})

for (const [what, spoil] of [
  ['truncated', record => truncateSync(record, statSync(record).size - 1)],
  ['empty', record => truncateSync(record, 0)],
  ['garbage', record => writeFileSync(record, Buffer.alloc(2000, 0xa5))],
  ['changed in one byte', record => flip(record)],
]) {
  test(`promise 17: a record that is ${what} is set aside and healed by one login, and a second time soon by none`, () =>
    withRecord(async world => {
      const { sandbox, open, path, record, start, store } = world
      spoil(record)
      const damaged = readFileSync(record)
      const bots = [await start(), await start()]
      const { token } = await bots[0].open(sandbox, { store })
      assert.equal(sandbox.counts.logins, 2)
      assert.deepEqual(readFileSync(record.replace('.record', '.damaged')), damaged)
      assert.equal((await bots[1].open(sandbox, { store })).token, token)
      // One that lives would mend the record, before a slow process has started.
      for (const bot of bots) await bot.end()
      spoil(record)
      await assert.rejects(open(), ({ code }) => /LOGIN_BUDGET|QUOTA/.test(code))
      assert.equal(callsTo(sandbox), 2)
      const endings = () => filesOfLogins(path).map(name => name.split('.')[1])
      // Who was refused has written the record anew.
      await until(() => isDeepStrictEqual(endings().sort(), ['damaged', 'lock', 'record']))
    }))
}

test('promise 17: a record that was damaged long ago holds nothing back', () =>
  withRecord(async ({ sandbox, store, start, record }) => {
    for (const logins of [2, 3]) {
      writeFileSync(record, 'garbage')
      const longAgo = Date.now() / 1000 - 2 * 3600
      utimesSync(record, longAgo, longAgo)
      const bot = await start()
      await bot.open(sandbox, { store })
      assert.equal(sandbox.counts.logins, logins)
      // One that lives would mend the next damage, before a slow process has started.
      await bot.end()
    }
  }))

test('promise 17: a bot that is at work mends a damaged record without a login', () =>
  withRecord(async ({ sandbox, store, start, record, open, token }) => {
    const bot = await start()
    await bot.open(sandbox, { store })
    writeFileSync(record, 'garbage')
    const { message } = await bot.hears(({ heard }) => heard === 'warning')
    assert.match(message, /damaged/)
    assert.equal((await open()).token, token)
    assert.equal(callsTo(sandbox), 1)
  }))

test('folder and files are made for their owner only, and hold no name and no password', { skip: noBits }, () =>
  withRecord(async ({ sandbox, path, record }) => {
    const mode = file => (statSync(file).mode & 0o7777).toString(8)
    assert.equal(mode(path), '700')
    for (const name of readdirSync(path)) assert.equal(mode(join(path, name)), '600')
    const { name, password, sec } = sandbox.credentials
    const text = readFileSync(record, 'utf8') + readdirSync(path).join()
    for (const secret of [name, password, sec]) assert.ok(!text.includes(secret))
  }),
)

test('the default is the state folder, and memory leaves nothing there', async () => {
  const sandbox = await startSandbox()
  const folder = join(stateHome, 'tradovate-session')
  try {
    const memory = { baseUrl: sandbox.baseUrl, store: { type: 'memory' } }
    await (await tradovate.Session.open(sandbox.credentials, memory)).close()
    assert.equal(existsSync(folder), false)
    await (await tradovate.Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl })).close()
    assert.deepEqual(
      filesOfLogins(folder)
        .map(name => name.split('.')[1])
        .sort(),
      ['lock', 'record'],
    )
  } finally {
    await sandbox.close()
  }
})

function share(path) {
  writeFileSync(join(path, 'notes.txt'), '')
  chmodSync(path, 0o755)
}

function link(record) {
  renameSync(record, `${record}.elsewhere`)
  symlinkSync(`${record}.elsewhere`, record)
}

function flip(record) {
  const bytes = readFileSync(record)
  bytes[bytes.length - 10] ^= 1
  writeFileSync(record, bytes)
}
