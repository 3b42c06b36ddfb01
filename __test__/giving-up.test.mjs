// Promises 1 and 2: who gives up opening neither kills nor loses the login that is under way: its token is the next one's.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LOGIN, outcomes, withBots } from './bots/index.mjs'
import './own-state.mjs'

const LOGIN_TAKES_MS = 4000

describe('who gives up opening', { concurrency: true }, () => {
  for (const [how, patience] of [
    ['aborted', { abortAfterMs: 1000 }],
    ['timed out', { timeoutMs: 1000 }],
  ]) {
    for (const [where, store] of [
      ['in the same process, in memory', { type: 'memory' }],
      ['in the same process', undefined],
      ['in another process', undefined],
    ]) {
      test(`promise 1: three opens that are ${how} while the login takes 4 s, then one ${where}: 1 login`, () =>
        withBots({}, async world => {
          const { sandbox, start } = world
          const options = { store: store ?? world.store }
          sandbox.inject({ endpoint: 'login', latencyMs: LOGIN_TAKES_MS, times: Number.POSITIVE_INFINITY })
          const bot = await start()
          for (let i = 0; i < 3; i += 1) await assert.rejects(bot.open(sandbox, { ...options, ...patience }))
          const next = where === 'in another process' ? await start() : bot
          const { generation } = await next.open(sandbox, options)
          assert.equal(await next.ask('accounts'), 2)
          assert.deepEqual([generation, outcomes(sandbox, LOGIN)], [1, ['ok']])
        }))
    }
  }

  for (const [how, patience] of [
    ['aborted', { abortAfterMs: 1000 }],
    ['timed out', { timeoutMs: 1000 }],
  ]) {
    test(`promise 22: a process whose open was ${how} ends when the login under way has ended, and leaves its token`, () =>
      withBots({}, async ({ sandbox, store, start }) => {
        sandbox.inject({ endpoint: 'login', latencyMs: LOGIN_TAKES_MS })
        const bot = await start()
        await assert.rejects(bot.open(sandbox, { store, ...patience }))
        bot.disconnect()
        await bot.ended
        const { generation } = await (await start()).open(sandbox, { store })
        assert.deepEqual([generation, outcomes(sandbox, LOGIN)], [1, ['ok']])
      }))
  }
})
