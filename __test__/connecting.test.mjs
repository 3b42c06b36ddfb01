// Promise 6: a login that was never written opened no session, however short its opener's patience.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandbox } from '../sandbox/index.js'
import { startDeaf } from './bots/deaf.mjs'
import { LOGIN, outcomes, withBots } from './bots/index.mjs'
import './own-state.mjs'

const IMPATIENT = { timeoutMs: 300, maxLogins: { count: 1, withinMs: 600_000 } }

test('promise 6: four logins whose connections hang count as none: the one that maxLogins allows gets in', () =>
  withBots({}, async ({ store, start }) => {
    const deaf = await startDeaf()
    const tradovate = { baseUrl: `http://127.0.0.1:${deaf.port}/v1` }
    const credentials = { name: 'someone', password: 'password-of-no-worth' }
    for (let i = 0; i < 4; i += 1) {
      const bot = await start()
      await assert.rejects(bot.open(tradovate, { store, ...IMPATIENT }, 'main', credentials), error => {
        assert.match(error.code, /^ERR_TRADOVATE_(TIMEOUT|CONNECT)$/)
        return true
      })
      bot.disconnect()
      await bot.ended
    }
    await deaf.end()

    const sandbox = await startSandbox({ port: deaf.port, users: [credentials] })
    try {
      const bot = await start()
      const { generation } = await bot.open(tradovate, { store, ...IMPATIENT, timeoutMs: 30_000 }, 'main', credentials)
      assert.deepEqual([generation, outcomes(sandbox, LOGIN)], [1, ['ok']])
    } finally {
      await sandbox.close()
    }
  }))
