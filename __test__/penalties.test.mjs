// Promise 7: a penalty on a call that is no auth call has one gate for a GET, and is the caller's to weigh for a POST.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOGIN, outcomes, RENEWAL, until, withBots } from './bots/index.mjs'
import './own-state.mjs'

const CALLERS = 20
const SECONDS = 2
const order = { accountId: 500_001, action: 'Buy', symbol: 'MESZ6', orderQty: 1, orderType: 'Market' }

const callsOf = (sandbox, endpoint) => sandbox.log.filter(call => call.endpoint === endpoint)

test(`promise 7: ${CALLERS} GETs that meet a penalty at once wait once: one resend with the ticket, the rest after it`, () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const bot = await start()
    await bot.open(sandbox, { store })
    sandbox.inject({ endpoint: 'account', penalty: { seconds: SECONDS }, times: Number.POSITIVE_INFINITY })
    const asked = Promise.all(Array.from({ length: CALLERS }, () => bot.ask('accounts')))
    await until(() => callsOf(sandbox, 'account/list').length > 0)
    // Those on their way meet it as well; who comes later waits with them.
    await new Promise(resolve => setTimeout(resolve, 500))
    sandbox.clearFaults()
    assert.deepEqual(await asked, Array(CALLERS).fill(2))

    const calls = callsOf(sandbox, 'account/list')
    const met = calls.filter(({ outcome }) => outcome === 'penalty').length
    assert.ok(met <= CALLERS, `${met} penalties`)
    const rest = calls.slice(met).map(({ outcome, withTicket }) => [outcome, withTicket])
    assert.deepEqual(rest, [['ok', true], ...Array(CALLERS - 1).fill(['ok', undefined])])
    const waited = calls[met].at - calls[0].at
    assert.ok(waited >= SECONDS * 1000 && waited < SECONDS * 2000, `${waited} ms`)
  }))

test('promise 7: a POST that meets a penalty is the caller’s: its ticket goes with the next one after that time', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const [one, two] = await start(2)
    for (const bot of [one, two]) await bot.open(sandbox, { store })
    const place = bot => bot.request('order/placeorder', { method: 'POST', body: order })
    sandbox.inject({ endpoint: 'order/placeorder', penalty: { seconds: SECONDS } })
    let retryAt
    await assert.rejects(place(one), error => {
      assert.deepEqual([error.code, error.outcome], ['ERR_TRADOVATE_PENALTY', 'answered'])
      retryAt = error.retryAt.getTime()
      return true
    })
    const [{ at }] = callsOf(sandbox, 'order/placeorder')
    assert.ok(Math.abs(retryAt - at - SECONDS * 1000) < 500, `${retryAt - at} ms`)
    assert.equal(callsOf(sandbox, 'order/placeorder').length, 1, 'it is not sent again')

    await until(() => Date.now() > retryAt)
    // The ticket is kept with the record: the next one may be another process'.
    assert.ok((await place(two)).orderId > 0)
    assert.ok((await place(one)).orderId > 0)
    assert.deepEqual(
      callsOf(sandbox, 'order/placeorder').map(({ outcome, withTicket }) => [outcome, withTicket]),
      [
        ['penalty', undefined],
        ['ok', true],
        ['ok', undefined],
      ],
    )
    assert.deepEqual([outcomes(sandbox, LOGIN), outcomes(sandbox, RENEWAL)], [['ok'], []])
  }))

test('promise 7: a GET whose penalty outlasts its timeout rejects, and does not say that it is sent again', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const bot = await start()
    await bot.open(sandbox, { store, timeoutMs: 2_000 })
    sandbox.inject({ endpoint: 'account', penalty: { seconds: 60 } })
    await assert.rejects(bot.ask('accounts'), error => {
      assert.deepEqual([error.code, error.outcome], ['ERR_TRADOVATE_PENALTY', 'answered'])
      assert.match(error.message, /asks to wait until `retryAt`; the first such call after that carries its ticket$/)
      return true
    })
    assert.equal(callsOf(sandbox, 'account/list').length, 1, 'it is not sent again')
  }))

test('promise 7: the ticket of a POST goes with the next one however its path is spelt, and with one that has no body', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const bot = await start()
    await bot.open(sandbox, { store })
    const endpoint = 'order/placeorder'
    const meet = async (path, next, body) => {
      sandbox.log.length = 0
      sandbox.inject({ endpoint, penalty: { seconds: 1 } })
      const { retryAt } = await bot.request(path, { method: 'POST', body: order }).catch(error => error)
      await until(() => Date.now() > retryAt.getTime())
      await bot.request(next, { method: 'POST', body }).catch(() => {})
      return callsOf(sandbox, endpoint).map(({ withTicket }) => withTicket)
    }
    assert.deepEqual(await meet(endpoint, 'order/PlaceOrder', order), [undefined, true])
    assert.deepEqual(await meet('/order/placeOrder', endpoint, undefined), [undefined, true])
  }))
