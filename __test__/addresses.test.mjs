// Promise 6: Tradovate counts renewals and refused logins by address, so all logins of a machine count them together.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { LOGIN, outcomes, RENEWAL, until, withBots } from './bots/index.mjs'
import { Redis, skipWithoutRedis } from './redis/server.mjs'
import './own-state.mjs'

const HOUR = 3_600_000
const RENEWALS = 12
const LIFE_MS = 6000
// Some lives: what twelve renewals cannot keep logs in anew.
const RUN_MS = 4 * LIFE_MS
const MANY = { count: 100, withinMs: 600_000 }

const users = count => Array.from({ length: count }, (_, i) => ({ name: `user-${i}`, password: `password-${i}` }))
const renewals = sandbox => sandbox.log.filter(({ endpoint }) => endpoint === RENEWAL)
const QUOTA = 'ERR_TRADOVATE_QUOTA'

/** An hour after the call that has to be forgotten first. */
function isTrue(retryAt, call) {
  const off = retryAt.getTime() - (call.at + HOUR)
  assert.ok(Math.abs(off) < 3000, `${off} ms from when there is room`)
}

describe('20 logins behind one address', { concurrency: true }, () => {
  for (const [where, processes, isFile] of [
    ['in five processes', 5, true],
    ['in one process, in memory', 1, false],
  ]) {
    test(`promise 6: 20 logins ${where} make 12 renewals an hour, and each has a token all the same`, () =>
      // The quotas are Tradovate's own.
      withBots({ users: users(20), tokenLifetimeMs: LIFE_MS, quotas: {} }, async ({ sandbox, store, start }) => {
        const bots = [await start(processes)].flat()
        const options = { store: isFile ? store : { type: 'memory' }, maxLogins: MANY, timeoutMs: 20_000 }
        const fleet = users(20).map((user, i) => ({ bot: bots[i % processes], ...user }))
        await Promise.all(fleet.map(({ bot, ...user }) => bot.open(sandbox, options, user.name, user)))
        const { at: began } = sandbox.log[0]
        while (Date.now() < began + RUN_MS) {
          const asked = fleet.map(({ bot, name }) => bot.request('account/list', {}, name))
          for (const accounts of await Promise.all(asked)) assert.equal(accounts.length, 1)
          await new Promise(resolve => setTimeout(resolve, 250))
        }
        assert.equal(renewals(sandbox).length, RENEWALS)
        assert.deepEqual([sandbox.counts.penalties, sandbox.counts.evictions], [0, 0])
        assert.deepEqual(new Set(outcomes(sandbox, LOGIN)), new Set(['ok']))
        assert.ok(bots.every(bot => bot.heard.some(({ heard, code }) => heard === 'warning' && code === QUOTA)))
        const { address } = await fleet[0].bot.ask('status', { name: fleet[0].name })
        assert.deepEqual([address.renewals, address.refusedLogins], [RENEWALS, 0])
        // A login whose token has just ended is not among those that are kept alive.
        assert.ok(address.logins > RENEWALS && address.logins <= 20, `${address.logins} logins`)
      }))
  }
})

test('promise 6: 8 wrong passwords in 8 processes are 4 refused logins, and who has got in before still gets in', () =>
  withBots({ users: users(9), tokenLifetimeMs: 3000, quotas: {} }, async ({ sandbox, store, start }) => {
    const [good, ...others] = users(9)
    const first = await start()
    const { expiresAt } = await first.open(sandbox, { store }, 'main', good)
    await first.end()

    const bots = await start(8)
    const opening = bots.map((bot, i) => bot.open(sandbox, { store }, 'main', { ...others[i], password: 'wrong' }))
    const errors = (await Promise.allSettled(opening)).map(({ reason }) => reason)
    const refused = sandbox.log.filter(({ outcome }) => outcome === 'errorText')
    assert.equal(refused.length, 4)
    assert.deepEqual(errors.map(({ code }) => code).sort(), [
      ...Array(4).fill('ERR_TRADOVATE_CREDENTIALS'),
      ...Array(4).fill(QUOTA),
    ])
    for (const { code, retryAt } of errors) if (code === QUOTA) isTrue(retryAt, refused[0])

    await until(() => Date.now() > expiresAt.getTime())
    await (await start()).open(sandbox, { store }, 'main', good)
    assert.deepEqual(outcomes(sandbox, LOGIN), ['ok', ...Array(4).fill('errorText'), 'ok'])
  }))

/** Two bots renew as often as they may; then neither they nor a third one can, and each is told when. */
async function fillsUp(sandbox, bots) {
  const renew = i => bots[i].bot.ask('renew', { name: bots[i].name })
  for (let i = 0; i < RENEWALS; i += 1) await renew(i % 2)
  assert.equal(renewals(sandbox).length, RENEWALS)
  for (const i of bots.keys()) {
    await assert.rejects(renew(i), error => {
      assert.equal(error.code, QUOTA)
      isTrue(error.retryAt, renewals(sandbox)[0])
      return true
    })
  }
  assert.equal(renewals(sandbox).length, RENEWALS)
}

for (const [where, processes, isFile] of [
  ['in three processes', 3, true],
  ['in one process, in memory', 1, false],
]) {
  test(`promise 6: renew() beyond what the address has left is refused, with a true retryAt (${where})`, () =>
    withBots({ users: users(3), quotas: {} }, async ({ sandbox, store, start }) => {
      const started = [await start(processes)].flat()
      const bots = users(3).map((user, i) => ({ bot: started[i % processes], ...user }))
      const options = { store: isFile ? store : { type: 'memory' } }
      for (const { bot, ...user } of bots) await bot.open(sandbox, options, user.name, user)
      await fillsUp(sandbox, bots)
    }))
}

test('promise 6: with Redis each machine counts its own address', { skip: skipWithoutRedis }, () =>
  withBots({ users: users(4), quotas: { renewalsPerHour: 30 } }, async ({ sandbox, start }) => {
    const redis = await Redis.start()
    const homes = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'machine-')))
    const machine = home => ({ ...process.env, XDG_STATE_HOME: home, LOCALAPPDATA: home })
    try {
      const here = await start(3, machine(homes[0]))
      const elsewhere = await start(1, machine(homes[1]))
      const options = { store: { type: 'redis', url: redis.url } }
      const bots = users(4).map((user, i) => ({ bot: [...here, elsewhere][i], ...user }))
      for (const { bot, ...user } of bots) await bot.open(sandbox, options, user.name, user)
      await fillsUp(sandbox, bots.slice(0, 3))
      await elsewhere.ask('renew', { name: bots[3].name })
      assert.equal(renewals(sandbox).length, RENEWALS + 1)
    } finally {
      await redis.stop()
      for (const home of homes) rmSync(home, { recursive: true })
    }
  }),
)
