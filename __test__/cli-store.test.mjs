// --store and its like: where the commands keep the token, and that no password and no key comes from an argument.

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { KEY, Run, runToEnd, STORE_PASSWORD, skipWithoutTerminal, variablesOf, withSandbox } from './cli/command.mjs'
import { Redis, skipWithoutRedis } from './redis/server.mjs'

const skipOnWindows = process.platform === 'win32' && 'files have no owner and bits of this kind'
const HEX = KEY.toString('hex')
const BASE64 = KEY.toString('base64')

/** Runs `run({ sandbox, folder, env, file })`; `file(name, content, mode)` writes one into the folder and gives its path. */
function withFolder(run) {
  return withSandbox({}, async sandbox => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-store-'))
    const file = (name, content, mode = 0o600) => {
      const path = join(folder, name)
      writeFileSync(path, content)
      chmodSync(path, mode)
      return path
    }
    try {
      await run({ sandbox, folder, env: variablesOf(sandbox), file })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

/** The same with a Redis, and `stored`, the variable with its URL. */
function withRedis(password, run) {
  return withFolder(async given => {
    const redis = await Redis.start({ password })
    try {
      await run({ ...given, redis, stored: { TRADOVATE_SESSION_STORE: redis.url } })
    } finally {
      await redis.stop()
    }
  })
}

/** Whether `status` finds a record; what is found is good. */
async function isStored(args, env) {
  const { status, stdout, stderr } = await runToEnd(['status', ...args], { env })
  assert.equal(stderr, '')
  assert.match(stdout, status === 0 ? /^Session active/ : /^Nothing is stored/)
  return status === 0
}

async function succeeds(args, env) {
  const { status, stdout, stderr } = await runToEnd(args, { env })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
}

async function fails(args, env, expected, code = 2) {
  const { status, stdout, stderr } = await runToEnd(args, { env })
  assert.deepEqual([status, stdout], [code, ''])
  assert.match(stderr, /^ERR_[A-Z_]+: [^\n]+\n$/)
  assert.match(stderr, expected)
}

describe('a store in Redis', { skip: skipWithoutRedis }, () => {
  it('is shared by all commands, by the URL in TRADOVATE_SESSION_STORE: 1 login', () =>
    withRedis(STORE_PASSWORD, async ({ sandbox, folder, env, stored }) => {
      const all = { ...env, ...stored }
      assert.equal(await isStored([], all), false)
      assert.match(await succeeds(['accounts'], all), /SANDBOX500001/)
      assert.match(await succeeds(['token'], all), /^Token 1 is good/)
      const socket = join(folder, 'service', 'token.sock')
      const serving = new Run(['serve', '--socket', socket], { env: all })
      const watching = new Run(['watch'], { env: all })
      try {
        await serving.shows(/^Serving the token/m)
        await watching.shows(/^Token 1 is good/m)
      } finally {
        for (const running of [watching, serving]) running.kill('SIGTERM')
      }
      for (const running of [watching, serving]) assert.equal((await running.end()).status, 0)
      assert.ok(!existsSync(socket))
      assert.equal(sandbox.counts.logins, 1)
    }))

  it('is looked into by status without a password of Tradovate and without a call', () =>
    withRedis(STORE_PASSWORD, async ({ sandbox, env, stored }) => {
      await succeeds(['accounts'], { ...env, ...stored })
      const before = sandbox.counts.calls
      const { TRADOVATE_PASSWORD: _password, TRADOVATE_SEC: _sec, ...identity } = env
      assert.match(await succeeds(['status'], { ...identity, ...stored }), /^Session active .*\nToken 1 is good/)
      assert.equal(sandbox.counts.calls, before)
    }))

  it('has its URL in the credentials file, which counts before the variable', () =>
    withRedis(STORE_PASSWORD, async ({ sandbox, folder, env, file, redis, stored }) => {
      const path = file('tradovate.json', JSON.stringify({ ...sandbox.credentials, store: redis.url }))
      const base = { TRADOVATE_BASE_URL: sandbox.baseUrl, TRADOVATE_SESSION_STORE: join(folder, 'unused') }
      await succeeds(['token', '--credentials', path], base)
      assert.ok(await isStored([], { ...env, ...stored }))
      assert.ok(!existsSync(join(folder, 'unused')))
    }))

  it('may be given to --store without a password, and counts before file and variable', () =>
    withRedis('', async ({ sandbox, folder, file, redis }) => {
      const elsewhere = join(folder, 'unused')
      const path = file('tradovate.json', JSON.stringify({ ...sandbox.credentials, store: elsewhere }))
      const env = { TRADOVATE_BASE_URL: sandbox.baseUrl, TRADOVATE_SESSION_STORE: elsewhere }
      const args = ['--credentials', path, '--store', redis.url]
      await succeeds(['token', ...args], env)
      assert.ok(await isStored(args, env))
      assert.ok(!existsSync(elsewhere))
    }))

  it('has names that begin with --store-prefix, or with TRADOVATE_SESSION_STORE_PREFIX', () =>
    withRedis(STORE_PASSWORD, async ({ env, stored }) => {
      const all = { ...env, ...stored }
      await succeeds(['token', '--store-prefix', 'mine:'], all)
      assert.ok(await isStored([], { ...all, TRADOVATE_SESSION_STORE_PREFIX: 'mine:' }))
      assert.equal(await isStored([], all), false)
      assert.equal(await isStored(['--store-prefix', 'x:'], { ...all, TRADOVATE_SESSION_STORE_PREFIX: 'mine:' }), false)
      await fails(['token'], { ...all, TRADOVATE_SESSION_STORE_PREFIX: 'x'.repeat(257) }, /_STORE_PREFIX must be/)
      await fails(['token', '--store-prefix', 'x'.repeat(257)], all, /--store-prefix must be/)
    }))

  it('is sealed with the key', () =>
    withRedis(STORE_PASSWORD, async ({ sandbox, env, stored }) => {
      const all = { ...env, ...stored }
      const sealed = { ...all, TRADOVATE_SESSION_STORE_KEY: HEX }
      await succeeds(['token'], sealed)
      assert.ok(await isStored([], sealed))
      await fails(['status'], all, /^ERR_TRADOVATE_STORE_MISMATCH: .*TRADOVATE_SESSION_STORE_KEY or --store-key/, 1)
      assert.equal(sandbox.counts.logins, 1)
    }))

  it('with another password, or away: 1 in one line, and nothing is sent', () =>
    withRedis(STORE_PASSWORD, async ({ sandbox, env, redis }) => {
      const wrong = { ...env, TRADOVATE_SESSION_STORE: redis.url.replace(STORE_PASSWORD, `x${STORE_PASSWORD}`) }
      const said = /^ERR_TRADOVATE_STORE: .*refused the user or password.* Check the store that --store or TRADOVATE_/
      for (const command of ['accounts', 'status']) await fails([command, '--timeout', '0.5'], wrong, said, 1)
      await redis.stop()
      const away = { ...env, TRADOVATE_SESSION_STORE: redis.url }
      for (const command of ['accounts', 'status']) {
        await fails([command, '--timeout', '0.5'], away, /^ERR_TRADOVATE_STORE: .*cannot be reached/, 1)
      }
      assert.equal(sandbox.counts.calls, 0)
    }))
})

describe('a place that cannot be a store: 2 in one line that repeats no secret, and nothing is sent', () => {
  const inArgument =
    /^ERR_USAGE: --store takes no user and no password: .* Put the URL into TRADOVATE_SESSION_STORE, or into the field store of the file of --credentials\./
  const places = {
    'a URL with user and password': [`redis://bot:${STORE_PASSWORD}@127.0.0.1:6379`, inArgument],
    'a URL with a password': [`rediss://:${STORE_PASSWORD}@127.0.0.1:6379/0`, inArgument],
    'a URL with one word for both': [`REDIS://${STORE_PASSWORD}@127.0.0.1`, inArgument],
    'a URL that lacks a slash': [`redis:/:${STORE_PASSWORD}@127.0.0.1`, inArgument],
    'a URL that lacks its scheme': [`bot:${STORE_PASSWORD}@127.0.0.1:6379`, inArgument],
    'another URL with a password': [`https://bot:${STORE_PASSWORD}@127.0.0.1`, inArgument],
    'another URL': [`redis+unix:///${STORE_PASSWORD}`, /--store must be memory, a folder, or a redis:\/\//],
    'a URL without a host': [
      `redis:///${STORE_PASSWORD}`,
      /--store must be a redis:\/\/ or rediss:\/\/ URL with a host/,
    ],
    'no place at all': ['', /--store must be the path of a folder/],
  }
  for (const [what, [place, expected]] of Object.entries(places)) {
    it(`${what} as --store`, () =>
      withFolder(async ({ sandbox, env }) => {
        for (const command of ['accounts', 'status']) await fails([command, '--store', place], env, expected)
        assert.equal(sandbox.counts.calls, 0)
      }))
  }

  it('in TRADOVATE_SESSION_STORE, which is named', () =>
    withFolder(async ({ sandbox, env }) => {
      for (const place of [
        `redis://bot:${STORE_PASSWORD}@h/db`,
        `bot:${STORE_PASSWORD}@h`,
        `http://${STORE_PASSWORD}`,
      ]) {
        const all = { ...env, TRADOVATE_SESSION_STORE: place }
        await fails(['token'], all, /^ERR_TRADOVATE_CONFIG: TRADOVATE_SESSION_STORE must be /)
      }
      assert.equal(sandbox.counts.calls, 0)
    }))

  it('in the credentials file, whose field is named', { skip: skipOnWindows }, () =>
    withFolder(async ({ sandbox, env, file }) => {
      for (const store of [
        `redis://bot:${STORE_PASSWORD}@h/db`,
        `bot:${STORE_PASSWORD}@h`,
        '',
        7,
        { url: STORE_PASSWORD },
      ]) {
        const path = file('tradovate.json', JSON.stringify({ ...sandbox.credentials, store }))
        await fails(['token', '--credentials', path], env, /^ERR_TRADOVATE_CONFIG: credentials\.store must be /)
      }
      assert.equal(sandbox.counts.calls, 0)
    }),
  )

  it('is told before anything is asked of a person', { skip: skipWithoutTerminal }, async () => {
    const asking = new Run(['token', '--store', `redis://:${STORE_PASSWORD}@h`], {
      terminal: true,
      env: { NO_COLOR: '1' },
    })
    // For whatever might ask.
    asking.type('\r')
    const { status, stdout } = await asking.end()
    assert.equal(status, 2)
    assert.match(stdout, /^\s*ERR_USAGE: --store takes no user and no password/)
  })
})

describe('a folder as the store', () => {
  const record = folder =>
    readFileSync(
      join(
        folder,
        readdirSync(folder).find(name => name.endsWith('.record') && !name.startsWith('address-')),
      ),
      'latin1',
    )

  it('is named by TRADOVATE_SESSION_STORE, and an empty variable is none', () =>
    withFolder(async ({ folder, env }) => {
      const named = join(folder, 'named')
      await succeeds(['token'], { ...env, TRADOVATE_SESSION_STORE: named })
      assert.match(record(named), /sandbox-token-/)
      await succeeds(['token'], {
        ...env,
        XDG_STATE_HOME: folder,
        TRADOVATE_SESSION_STORE: '',
        TRADOVATE_SESSION_STORE_KEY: '',
      })
      assert.match(record(join(folder, 'tradovate-session')), /sandbox-token-/)
    }))

  it('memory in TRADOVATE_SESSION_STORE keeps nothing, and status says that it cannot look into that', () =>
    withFolder(async ({ folder, env }) => {
      const all = {
        ...env,
        XDG_STATE_HOME: folder,
        TRADOVATE_SESSION_STORE: 'memory',
        TRADOVATE_SESSION_STORE_KEY: HEX,
      }
      await succeeds(['token'], all)
      assert.deepEqual(readdirSync(folder), [])
      await fails(['status'], all, /^ERR_USAGE: Another process cannot look into a store in memory/)
    }))

  it('is sealed with the key, however that is given', { skip: skipOnWindows }, () =>
    withFolder(async ({ sandbox, folder, env, file }) => {
      const store = ['--store', join(folder, 'store')]
      await succeeds(['token', ...store], { ...env, TRADOVATE_SESSION_STORE_KEY: HEX })
      assert.match(record(store[1]), / sealed /)
      assert.doesNotMatch(record(store[1]), /sandbox-token-/)
      for (const text of [HEX.toUpperCase(), BASE64, KEY.toString('base64url')]) {
        assert.ok(await isStored(store, { ...env, TRADOVATE_SESSION_STORE_KEY: text }))
      }
      // The option counts before the variable.
      const another = { ...env, TRADOVATE_SESSION_STORE_KEY: 'ab'.repeat(32) }
      for (const content of [KEY, HEX, `${HEX}\n`, `${BASE64}\n`]) {
        await succeeds(['status', ...store, '--store-key', file('key', content)], another)
      }
      const mismatch = /^ERR_TRADOVATE_STORE_MISMATCH: .*Check the key \(TRADOVATE_SESSION_STORE_KEY or --store-key/
      for (const command of ['token', 'status']) {
        await fails([command, ...store, '--timeout', '0.5'], another, mismatch, 1)
        await fails([command, ...store, '--timeout', '0.5'], env, mismatch, 1)
      }
      assert.equal(sandbox.counts.logins, 1)
    }),
  )

  it('is the one of the user where only a key is given', () =>
    withFolder(async ({ folder, env }) => {
      await succeeds(['token'], { ...env, XDG_STATE_HOME: folder, TRADOVATE_SESSION_STORE_KEY: HEX })
      assert.match(record(join(folder, 'tradovate-session')), / sealed /)
    }))
})

describe('a key that cannot be one: 2 in one line that shows nothing of it, and nothing is sent', () => {
  const wrong = {
    'a byte less': KEY.subarray(1),
    'a byte more': Buffer.concat([KEY, KEY.subarray(0, 1)]),
    'half of it': KEY.subarray(16),
  }
  for (const [what, bytes] of Object.entries(wrong)) {
    it(`${what} in TRADOVATE_SESSION_STORE_KEY`, () =>
      withFolder(async ({ sandbox, env }) => {
        for (const encoding of ['hex', 'base64']) {
          const all = { ...env, TRADOVATE_SESSION_STORE_KEY: bytes.toString(encoding) }
          for (const command of ['token', 'status']) {
            await fails(
              [command],
              all,
              /^ERR_TRADOVATE_CONFIG: TRADOVATE_SESSION_STORE_KEY must be a key of 32 bytes, as 64 hex digits or in base64\./,
            )
          }
        }
        assert.equal(sandbox.counts.calls, 0)
      }))

    it(`${what} in the file of --store-key`, { skip: skipOnWindows }, () =>
      withFolder(async ({ sandbox, env, file }) => {
        for (const content of [bytes, bytes.toString('hex'), `${bytes.toString('base64')}\n`]) {
          const args = ['token', '--store-key', file('key', content)]
          await fails(
            args,
            env,
            /^ERR_TRADOVATE_CONFIG: The file of --store-key must hold a key of 32 bytes: as they are, as 64 hex digits or in base64\./,
          )
        }
        assert.equal(sandbox.counts.calls, 0)
      }),
    )
  }

  it('in a file that others can read, or that is not there', { skip: skipOnWindows }, () =>
    withFolder(async ({ sandbox, folder, env, file }) => {
      const closed = ['token', '--store-key', file('key', HEX, 0o640)]
      await fails(closed, env, /The file of --store-key is open to others: chmod 600 closes it\./)
      await fails(['token', '--store-key', join(folder, 'nowhere')], env, /The file of --store-key is not there\./)
      await fails(['token', '--store-key', HEX], env, /The file of --store-key is not there\./)
      assert.equal(sandbox.counts.calls, 0)
    }),
  )
})

describe('what does not go together: 2, and nothing is sent', () => {
  const mistakes = {
    'a key file and a store in memory': [['--store', 'memory', '--store-key', 'x'], /A store in memory is not sealed/],
    'a prefix and a store in memory': [
      ['--store', 'memory', '--store-prefix', 'x'],
      /--store-prefix is for a store in Redis/,
    ],
    'a prefix and a folder': [['--store', 'x', '--store-prefix', 'x'], /--store-prefix is for a store in Redis/],
    'a prefix and no store': [['--store-prefix', 'x'], /--store-prefix is for a store in Redis/],
    'a key file and a service': [['--socket', 'x', '--store-key', 'y'], /so --store-key cannot be used with it/],
    'a prefix and a service': [['--socket', 'x', '--store-prefix', 'x'], /so --store-prefix cannot be used with it/],
  }
  for (const [what, [args, expected]] of Object.entries(mistakes)) {
    it(what, () =>
      withFolder(async ({ sandbox, env }) => {
        await fails(['token', ...args], env, expected)
        assert.equal(sandbox.counts.calls, 0)
      }),
    )
  }
})
