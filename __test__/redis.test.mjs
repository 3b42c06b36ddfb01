// A session whose store is a Redis, as its bot sees it when that fails.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import { until } from './bots/index.mjs'
import { Redis, skipWithoutRedis } from './redis/server.mjs'
import './own-state.mjs'

const { Session, StoreError } = tradovate
const PASSWORD = 'canary-redis-password'
const skip = skipWithoutRedis

async function withRedis(run) {
  const redis = await Redis.start({ password: PASSWORD })
  const sandbox = await startSandbox({ quotas: false })
  const open = (url = redis.url, options) =>
    Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: { type: 'redis', url }, ...options })
  try {
    await run({ redis, sandbox, open })
  } finally {
    await sandbox.close()
    await redis.stop()
  }
}

function shown(thing) {
  return `${inspect(thing, { depth: 9, showHidden: true })} ${JSON.stringify(thing)} ${thing.stack}`
}

test('promise 25: a wrong password of Redis is a StoreError that shows neither it nor the URL', { skip }, () =>
  withRedis(async ({ redis, sandbox, open }) => {
    const wrong = new URL(redis.url)
    wrong.password = 'canary-wrong'
    await assert.rejects(open(wrong.href, { timeoutMs: 500 }), error => {
      assert.ok(error instanceof StoreError)
      assert.equal(error.code, 'ERR_TRADOVATE_STORE')
      assert.match(error.message, /refused the user or password/)
      assert.doesNotMatch(shown(error), /canary|redis:\/\//)
      return true
    })
    assert.equal(sandbox.counts.calls, 0)
  }),
)

test('promise 19: a Redis that goes and comes back empty costs no login, and its session goes on', { skip }, () =>
  withRedis(async ({ redis, sandbox, open }) => {
    const session = await open()
    assert.doesNotMatch(shown(session), /canary|redis:\/\//)
    const warnings = []
    session.on('warning', warning => warnings.push(warning))
    await redis.stop()
    await until(() => warnings.length > 0)
    assert.equal(warnings[0].code, 'ERR_TRADOVATE_STORE')
    assert.doesNotMatch(shown(warnings[0]), /canary|redis:\/\//)
    assert.equal((await session.getAccounts()).length, 2)
    await assert.rejects(session.renew({ timeoutMs: 500 }), { code: 'ERR_TRADOVATE_STORE' })
    await redis.start()
    await session.renew()
    const late = await open()
    assert.deepEqual([late.status().generation, late.status().logins], [2, 0])
    assert.equal(sandbox.counts.logins, 1)
    await Promise.all([session.close(), late.close()])
  }),
)

test('records under another key of the caller are refused', { skip }, () =>
  withRedis(async ({ redis, sandbox, open }) => {
    const sealed = byte => ({ store: { type: 'redis', url: redis.url, key: Buffer.alloc(32, byte) } })
    const session = await open(undefined, sealed(1))
    await assert.rejects(open(undefined, { ...sealed(2), timeoutMs: 500 }), { code: 'ERR_TRADOVATE_STORE_MISMATCH' })
    const sibling = await open(undefined, sealed(1))
    assert.equal(sibling.status().logins, 0)
    assert.equal(sandbox.counts.logins, 1)
    await Promise.all([session.close(), sibling.close()])
  }),
)
