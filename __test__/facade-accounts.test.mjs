// The questions about accounts: what the core is asked, and what the caller gets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import accounts from '../lib/accounts.js'

const TIMEOUT_MS = 5000

// Accounts whose questions are noted; each is answered by its own name.
function noted() {
  const asked = []
  const ask = async (question, wait) => {
    asked.push({ question, wait })
    return question.call
  }
  return { asked, accounts: new accounts.Accounts(ask, TIMEOUT_MS) }
}

test('each method asks its question and hands the answer on', async () => {
  const { asked, accounts: a } = noted()
  assert.deepEqual(
    [
      await a.getAccounts(),
      await a.getAccount(7),
      await a.getAccountsById([7, 8, 7]),
      await a.findAccount('A&B ü'),
      await a.suggestAccounts('A?', 5),
      await a.getAccountsOfUsers([9, 9]),
      await a.getCashBalance(7),
    ],
    ['list', 'item', 'items', 'find', 'suggest', 'ofUsers', 'cashBalance'],
  )
  assert.deepEqual(
    asked.map(({ question }) => question),
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
  const { asked, accounts: a } = noted()
  const { signal } = new AbortController()
  await a.getAccounts()
  await a.getAccounts({ timeoutMs: 7, signal })
  assert.deepEqual(
    asked.map(({ wait }) => wait),
    [
      { timeoutMs: TIMEOUT_MS, signal: undefined },
      { timeoutMs: 7, signal },
    ],
  )
})
