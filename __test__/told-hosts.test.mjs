// Promise 26: a host that Tradovate named is a hint. When it is gone, the first host is asked, now and after a restart.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LOGIN, outcomes, until, withBots } from './bots/index.mjs'
import './own-state.mjs'

const LIFE_MS = 8000
const IN_TIME_MS = 45_000
const WAYS = {
  404: { status: 404 },
  403: { status: 403 },
  503: { status: 503 },
  401: { status: 401 },
  410: { status: 410 },
  'nothing listening': { fault: 'refuse' },
  mute: { fault: 'hang' },
}

/** Asks until a token is there that is good at the sandbox, as a bot does that goes on after an error. */
async function serves(bot) {
  await until(
    () =>
      bot.ask('token', { name: 'main', wait: { timeoutMs: 5000 } }).then(
        () => true,
        () => false,
      ),
    100,
  )
  await until(
    () =>
      bot.request('account/list', { timeoutMs: 5000 }).then(
        () => true,
        () => false,
      ),
    100,
  )
}

async function opens(bot, sandbox, options) {
  await until(
    () =>
      bot.open(sandbox, options).then(
        () => true,
        () => false,
      ),
    100,
  )
}

const logins = sandbox => outcomes(sandbox, LOGIN).filter(outcome => outcome === 'ok').length

/** Whether the last `ms` milliseconds were those of a healthy session: its token good, its calls answered, few logins. */
async function staysHealthy(bot, sandbox, ms) {
  const before = logins(sandbox)
  for (const end = Date.now() + ms; Date.now() < end; ) {
    await bot.request('account/list')
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  assert.equal((await bot.ask('status')).state, 'active')
  assert.equal(logins(sandbox), before, 'no login while all is well')
}

describe('promise 26: a told host that is retired', { concurrency: true }, () => {
  for (const [what, how] of Object.entries(WAYS)) {
    for (const apiHosts of ['first', 'new', 'retired']) {
      const told = { first: 'the first one', new: 'a new one', retired: 'still that one' }[apiHosts]
      test(`${what}, and then ${told} is told: a running session has a good token in time`, () =>
        withBots({ tokenLifetimeMs: LIFE_MS }, async ({ sandbox, store, start }) => {
          sandbox.moveHosts()
          const bot = await start()
          await bot.open(sandbox, { store })
          await bot.ask('accounts')
          sandbox.retireHost({ ...how, apiHosts })
          const retiredAt = Date.now()
          await new Promise(resolve => setTimeout(resolve, LIFE_MS))
          await serves(bot)
          assert.ok(Date.now() - retiredAt < IN_TIME_MS, `${Date.now() - retiredAt} ms`)
          assert.ok(logins(sandbox) <= 3, `${logins(sandbox)} logins`)
          if (apiHosts !== 'retired') await staysHealthy(bot, sandbox, LIFE_MS)
        }))

      test(`${what}, and then ${told} is told: so has a process that starts afterwards`, () =>
        withBots({ tokenLifetimeMs: LIFE_MS }, async ({ sandbox, store, start }) => {
          sandbox.moveHosts()
          const first = await start()
          const { expiresAt } = await first.open(sandbox, { store })
          await first.end()
          sandbox.retireHost({ ...how, apiHosts })
          const adopting = await start()
          const startedAt = Date.now()
          await opens(adopting, sandbox, { store })
          await serves(adopting)
          await adopting.end()
          await until(() => Date.now() > expiresAt.getTime() + LIFE_MS)
          const late = await start()
          const lateAt = Date.now()
          await opens(late, sandbox, { store })
          await serves(late)
          assert.ok(Date.now() - lateAt < IN_TIME_MS, `${Date.now() - startedAt} ms`)
          assert.ok(logins(sandbox) <= 3, `${logins(sandbox)} logins`)
        }))
    }
  }
})
