// Promise 12: a GET whose answer was lost is sent once more, on whatever connection it was; a POST never is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomes, withBots } from './bots/index.mjs'
import './own-state.mjs'

const order = { accountId: 500_001, action: 'Buy', symbol: 'MESZ6', orderQty: 1, orderType: 'Market' }

/** On the first connection to a host, and on one that has served before. */
const CONNECTIONS = {
  new: sandbox => sandbox.moveHosts(),
  used: () => {},
}

for (const [which, prepare] of Object.entries(CONNECTIONS)) {
  for (const fault of ['reset', 'truncate']) {
    const withFault = (endpoint, times, run) =>
      withBots({}, async ({ sandbox, store, start }) => {
        prepare(sandbox)
        const bot = await start()
        await bot.open(sandbox, { store })
        if (which === 'used') await bot.ask('accounts')
        const before = outcomes(sandbox, endpoint).length
        sandbox.inject({ endpoint, fault, times })
        await run(bot)
        return outcomes(sandbox, endpoint).length - before
      })

    test(`promise 12: a GET whose answer is lost (${fault}) on a ${which} connection is sent once more`, async () => {
      const sent = await withFault('account/list', 1, async bot => assert.equal(await bot.ask('accounts'), 2))
      assert.equal(sent, 2)
    })

    test(`promise 12: lost again (${fault}) on a ${which} connection it is not sent a third time`, async () => {
      const sent = await withFault('account/list', 3, bot =>
        assert.rejects(bot.ask('accounts'), { code: 'ERR_TRADOVATE_CONNECT', outcome: 'unknown' }),
      )
      assert.equal(sent, 2)
    })

    test(`promise 12: an order whose answer is lost (${fault}) on a ${which} connection is sent once`, async () => {
      const sent = await withFault('order/placeorder', 1, bot =>
        assert.rejects(bot.request('order/placeorder', { method: 'POST', body: order }), {
          code: 'ERR_TRADOVATE_CONNECT',
          outcome: 'unknown',
        }),
      )
      assert.equal(sent, 1)
    })
  }
}
