// Promise 20: a clock that is wrong, and one that was set right between two runs, costs neither a login nor a dead token.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startSandbox } from '../sandbox/index.js'
import { settableClock, skipWithoutFaketime, wrongClock } from './bots/clock.mjs'
import { filesOfLogins, LOGIN, outcomes, RENEWAL, until, withBots } from './bots/index.mjs'
import { rewrite } from './bots/record.mjs'
import './own-state.mjs'

const skip = skipWithoutFaketime
const LIFE_MS = 12_000
const RIGHT = process.env
const OFFSETS_MS = { '+2h': 7_200_000, '-2h': -7_200_000 }

/** The machine was started anew since: its boot clock tells nothing of the time before. */
function reboot(path) {
  for (const name of filesOfLogins(path).filter(name => name.endsWith('.record'))) {
    rewrite(join(path, name), record => ({ ...record, clock: { ...record.clock, boot: { id: 'another', ms: 0 } } }))
  }
}

/** Uses the token for so long, and no call may be answered 401. */
async function isServedFor(bot, sandbox, ms) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    await bot.ask('token')
    assert.equal(await bot.ask('accounts'), 2)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  assert.deepEqual(new Set(outcomes(sandbox, 'account/list')), new Set(['ok']))
}

describe('promise 20: a clock set right between two runs', { concurrency: true, skip }, () => {
  for (const [first, second] of [
    ['+2h', undefined],
    ['-2h', undefined],
    [undefined, '+2h'],
    [undefined, '-2h'],
  ]) {
    for (const [boot, isMonotonicFaked] of [
      ['of the same boot', false],
      ['after a reboot', true],
    ]) {
      const clock = offset => (offset === undefined ? RIGHT : wrongClock(offset, { isMonotonicFaked }))
      const runs = `${first ?? 'right'}, then ${second ?? 'right'}, ${boot}`
      const restarted = async ({ sandbox, store, path, start }) => {
        const before = await start(1, clock(first))
        const { token, expiresAt } = await before.open(sandbox, { store })
        await before.end()
        if (isMonotonicFaked) reboot(path)
        const endsAt = expiresAt.getTime() - (OFFSETS_MS[first] ?? 0)
        assert.ok(Math.abs(endsAt - sandbox.log[0].at - LIFE_MS) < 1500, 'by the local clock')
        return { token, endsAt, bot: await start(1, clock(second)) }
      }

      test(`${runs}: adopted without a login, and renewed in time`, () =>
        withBots({ tokenLifetimeMs: LIFE_MS }, async world => {
          const { sandbox, store } = world
          const { token, bot, endsAt } = await restarted(world)
          assert.equal((await bot.open(sandbox, { store })).token, token)
          await isServedFor(bot, sandbox, LIFE_MS)
          const [renewed] = sandbox.log.filter(({ endpoint }) => endpoint === RENEWAL)
          const early = endsAt - renewed.at
          assert.ok(early > 0 && early < LIFE_MS / 2, `${early} ms before the end`)
          assert.deepEqual(outcomes(sandbox, LOGIN), ['ok'])
        }))

      test(`${runs}: a token that has died meanwhile is not served`, () =>
        withBots({ tokenLifetimeMs: LIFE_MS }, async world => {
          const { sandbox, store } = world
          const { token, bot, endsAt } = await restarted(world)
          // Answers tell the time in whole seconds, so that by the server's own clock the token may live longer.
          const diesAt = Math.max(endsAt, sandbox.log[0].at + LIFE_MS)
          await until(() => Date.now() > diesAt + 500)
          assert.notEqual((await bot.open(sandbox, { store })).token, token)
          await isServedFor(bot, sandbox, 1000)
          assert.deepEqual(outcomes(sandbox, LOGIN), ['ok', 'ok'])
        }))
    }
  }
})

describe('promise 20: a clock that is set while a session runs', { concurrency: true, skip }, () => {
  for (const [before, after] of [
    ['+2h', '+0'],
    ['-2h', '+0'],
    ['+0', '+2h'],
    ['+0', '-2h'],
  ]) {
    test(`from ${before} to ${after}: renewed in time, and no login`, () =>
      withBots({ tokenLifetimeMs: LIFE_MS }, async ({ sandbox, store, path, start }) => {
        const clock = settableClock(`${path}.clock`, before)
        const bot = await start(1, clock.env)
        await bot.open(sandbox, { store })
        clock.set(after)
        await isServedFor(bot, sandbox, LIFE_MS)
        assert.deepEqual(outcomes(sandbox, LOGIN), ['ok'])
        const renewals = outcomes(sandbox, RENEWAL).length
        assert.ok(renewals >= 1 && renewals <= 2, `${renewals} renewals`)
      }))
  }
})

describe('promise 20: started 8 h ahead without a network', { concurrency: true, skip }, () => {
  for (const [boot, isMonotonicFaked] of [
    ['of the same boot', false],
    ['after a reboot', true],
  ]) {
    test(`then with the right clock, ${boot}: logs in at once`, () =>
      withBots({}, async ({ store, path, start }) => {
        const gone = await startSandbox()
        await gone.close()
        const [{ baseUrl }, { port }] = [gone, new URL(gone.baseUrl)]
        const early = await start(1, wrongClock('+8h', { isMonotonicFaked }))
        await assert.rejects(early.open(gone, { store, timeoutMs: 3000 }), { code: 'ERR_TRADOVATE_CONNECT' })
        early.disconnect()
        await early.ended
        if (isMonotonicFaked) reboot(path)
        const sandbox = await startSandbox({ port: Number(port) })
        try {
          assert.equal(sandbox.baseUrl, baseUrl)
          const bot = await start()
          const startedAt = Date.now()
          await bot.open(sandbox, { store })
          assert.ok(Date.now() - startedAt < 5000, `${Date.now() - startedAt} ms`)
          assert.deepEqual(outcomes(sandbox, LOGIN), ['ok'])
        } finally {
          await sandbox.close()
        }
      }))
  }
})

/** A Tradovate whose answers tell the time badly: by headers of their own, or late. */
async function withBadTeller({ headers = {}, sendDate = true, lateMs = 0 }, run) {
  const seen = { logins: 0, renewals: 0 }
  let last = 0
  const server = createServer((request, response) => {
    const [isLogin, isRenewal] = ['accesstokenrequest', 'renewaccesstoken'].map(name => request.url.includes(name))
    if (isLogin) seen.logins += 1
    if (isRenewal) seen.renewals += 1
    last += isLogin || isRenewal ? 1 : 0
    const expirationTime = new Date(Date.now() + 80 * 60_000).toISOString()
    const answer = isLogin || isRenewal ? { accessToken: `token-${last}`, expirationTime, userId: 1 } : []
    response.sendDate = sendDate
    setTimeout(
      () => response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(answer)),
      lateMs,
    )
    request.resume()
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    await run({ baseUrl: `http://127.0.0.1:${server.address().port}/v1`, seen })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

describe('promise 20: a good answer that does not tell the time', { concurrency: true, skip }, () => {
  for (const [what, teller] of [
    ['without Date', { sendDate: false }],
    ['with Age', { headers: { age: '7' } }],
    ['after 11 s', { lateMs: 11_000 }],
  ]) {
    for (const offset of ['+2h', '-2h']) {
      test(`${what}, under a clock that is ${offset} off: its token is used, by one login`, () =>
        withBadTeller(teller, tradovate =>
          withBots({}, async ({ store, start }) => {
            const credentials = { name: 'someone', password: 'password-of-no-worth' }
            const [first, second] = await start(2, wrongClock(offset))
            const options = { store, timeoutMs: 30_000 }
            const { token } = await first.open(tradovate, options, 'main', credentials)
            assert.equal(token, 'token-1')
            assert.equal((await first.ask('token')).accessToken, token)
            await first.request('account/list', { timeoutMs: 30_000 })
            await first.end()
            assert.equal((await second.open(tradovate, options, 'main', credentials)).token, token)
            assert.deepEqual([tradovate.seen.logins, tradovate.seen.renewals], [1, 0])
          }),
        ))
    }
  }
})
