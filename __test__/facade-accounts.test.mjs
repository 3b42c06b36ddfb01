// The questions about accounts: what the core is asked, and what the caller gets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import tokenSource from '../lib/token-source.js'

const TIMEOUT_MS = 5000

// A token source whose questions are noted; each is answered by its own name.
function noted() {
  const asked = []
  const kept = {
    tell() {},
    async call(send, signal) {
      send({ accounts: (_id, text, timeoutMs) => asked.push({ text, wait: { timeoutMs, signal } }) })
      return JSON.stringify(JSON.parse(asked.at(-1).text).call)
    },
  }
  return { asked, source: new tokenSource.TokenSource(kept, TIMEOUT_MS) }
}

test('each method asks its question and hands the answer on', async () => {
  const { asked, source } = noted()
  assert.deepEqual(
    [
      await source.getAccounts(),
      await source.getAccount(7),
      await source.getAccountsById([7, 8, 7]),
      await source.findAccount('A&B ü'),
      await source.suggestAccounts('A?', 5),
      await source.getAccountsOfUsers([9, 9]),
      await source.getCashBalance(7),
    ],
    ['list', 'item', 'items', 'find', 'suggest', 'ofUsers', 'cashBalance'],
  )
  assert.deepEqual(
    asked.map(({ text }) => JSON.parse(text)),
    [
      { call: 'list' },
      { call: 'item', id: 7 },
      { call: 'items', ids: [7, 8] },
      { call: 'find', name: 'A&B ü' },
      { call: 'suggest', text: 'A?', limit: 5 },
      { call: 'ofUsers', userIds: [9] },
      { call: 'cashBalance', accountId: 7 },
    ],
  )
})

test('the caller waits as long as he says, else as long as the session does', async () => {
  const { asked, source } = noted()
  const { signal } = new AbortController()
  await source.getAccounts()
  await source.getAccounts({ timeoutMs: 7, signal })
  assert.deepEqual(
    asked.map(({ wait }) => wait),
    [
      { timeoutMs: TIMEOUT_MS, signal: undefined },
      { timeoutMs: 7, signal },
    ],
  )
})
