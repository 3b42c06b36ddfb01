// Promise 19 across machines: one login, one token, whatever becomes of the network between them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandbox } from '../sandbox/index.js'
import { Bot, until } from './bots/index.mjs'
import { makeHosts } from './redis/hosts.mjs'
import { skipWithoutRedis } from './redis/server.mjs'
import './own-state.mjs'

const SOON_MS = 5000

test('promise 19: three hosts and one Redis, one of them cut off and back: one login, one generation', {
  skip: skipWithoutRedis,
}, async context => {
  const sandbox = await startSandbox({ quotas: false })
  const hosts = await makeHosts(3, Number(new URL(sandbox.baseUrl).port))
  context.diagnostic(`the hosts are ${hosts.kind}`)
  const bots = []
  try {
    for (const i of [0, 1, 2]) bots.push(await Bot.start(process.env, hosts.command(i)))
    const [one, two, three] = bots
    await Promise.all(bots.map((bot, i) => bot.open(sandbox, { store: { type: 'redis', url: hosts.redisUrl(i) } })))
    await allOn(bots, 1)
    assert.equal(sandbox.counts.logins, 1)
    await one.ask('renew')
    await allOn(bots, 2)

    hosts.cutRedis(2, true)
    await three.hears(({ heard, code }) => heard === 'warning' && code === 'ERR_TRADOVATE_STORE')
    const calls = sandbox.counts.calls
    await assert.rejects(three.ask('renew'), { code: 'ERR_TRADOVATE_STORE' })
    assert.equal(sandbox.counts.calls, calls, 'without Redis nothing is asked of Tradovate')
    assert.equal((await three.ask('token')).generation, 2)
    await two.ask('renew')
    await allOn([one, two], 3)
    assert.equal((await three.ask('status')).generation, 2)
    hosts.cutRedis(2, false)
    await allOn(bots, 3)

    hosts.cut(2, true)
    await one.ask('renew')
    await allOn([one, two], 4)
    assert.equal((await three.ask('token')).generation, 3)
    hosts.cut(2, false)
    await allOn(bots, 4)
    assert.equal(await three.ask('accounts'), 2)

    assert.equal(sandbox.counts.logins, 1)
    for (const bot of bots) {
      for (const { message } of bot.heard) assert.doesNotMatch(String(message), /canary|redis:\/\//)
    }
  } finally {
    await Promise.all(bots.map(bot => bot.end()))
    await hosts.close()
    await sandbox.close()
  }
})

async function allOn(bots, generation) {
  const start = Date.now()
  const statuses = () => Promise.all(bots.map(bot => bot.ask('status')))
  await until(async () => (await statuses()).every(status => status.generation === generation), 50)
  const took = Date.now() - start
  assert.ok(took < SOON_MS, `generation ${generation} is everywhere after ${took} ms`)
  const tokens = await Promise.all(bots.map(bot => bot.ask('token')))
  assert.equal(new Set(tokens.map(({ accessToken }) => accessToken)).size, 1)
}
