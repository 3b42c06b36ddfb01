// Promise 25: the watch over everything that the tests print.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Canaries } from '../scripts/canaries.mjs'

// Put together here, so that the watch over this file's own output stays silent.
const token = ['sandbox', 'access', 'ab'.repeat(24)].join('-')

test('a secret is seen, also one that arrives in two pieces', () => {
  const canaries = new Canaries()
  canaries.watch(`before ${token.slice(0, 30)}`)
  assert.deepEqual(canaries.found, [])
  canaries.watch(`${token.slice(30)} after ${'x'.repeat(1000)}`)
  canaries.watch(['sandbox', 'password'].join('-'))
  assert.deepEqual(canaries.found, [token, ['sandbox', 'password'].join('-')])
})

test('what is no secret is not seen', () => {
  const canaries = new Canaries()
  for (const text of ['sandbox-user', 'the sandbox', 'canaries', 'sandbox-token-1234']) canaries.watch(text)
  assert.deepEqual(canaries.found, [])
})
