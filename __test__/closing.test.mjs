// close() ends every wait at once, whatever Tradovate is slow with.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const TIMEOUT_MS = 20_000
const AT_ONCE_MS = 5000

const HANGS = { fault: 'hang', times: Number.POSITIVE_INFINITY }
const WAITS = {
  getAccessToken: session => session.getAccessToken(),
  getAccounts: session => session.getAccounts(),
  renew: session => session.renew(),
  resume: session => session.resume(),
  'an order': session => session.request('POST', 'order/cancelorder', { body: { orderId: 1 } }),
}
const STATES = {
  'a renewal under way': [{ endpoint: 'renew', ...HANGS }],
  'a login under way': [
    { endpoint: 'renew', status: 401, times: Number.POSITIVE_INFINITY },
    { endpoint: 'login', ...HANGS },
  ],
}

describe('promise 2: close() ends a wait without a good token', { concurrency: true }, () => {
  for (const [state, faults] of Object.entries(STATES)) {
    test(`during ${state}`, async () => {
      const sandbox = await startSandbox({ tokenLifetimeMs: 3000 })
      try {
        const { baseUrl, credentials } = sandbox
        const settings = { baseUrl, store: { type: 'memory' }, timeoutMs: TIMEOUT_MS }
        const session = await tradovate.Session.open(credentials, settings)
        for (const fault of faults) sandbox.inject(fault)
        await pause(3500)
        const waits = Object.entries(WAITS).map(async ([name, wait]) => {
          const error = await wait(session).catch(reason => reason)
          return [name, error.code, error.outcome]
        })
        await pause(200)
        const closed = Date.now()
        await session.close()
        const ended = await Promise.all(waits)
        assert.ok(Date.now() - closed < AT_ONCE_MS, `${Date.now() - closed} ms`)
        const calls = ['getAccounts', 'an order']
        const outcomeOf = name => (calls.includes(name) ? 'not-sent' : ended.find(([other]) => other === name)[2])
        assert.deepEqual(
          ended,
          Object.keys(WAITS).map(name => [name, 'ERR_TRADOVATE_CLOSED', outcomeOf(name)]),
        )
      } finally {
        await sandbox.close()
      }
    })
  }
})
