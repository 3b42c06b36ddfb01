// Promise 27: an error of open() says what became of its token request: answered, or not sent, since what is stored forbids it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import tradovate from '../index.js'
import { withSandbox } from './cli/command.mjs'
import './own-state.mjs'

const { Session } = tradovate

const answered = body => ({ status: 200, body: JSON.stringify(body) })

/** What the token request meets, and the code of the error. */
const REFUSALS = [
  ['CREDENTIALS', answered({ errorText: 'Incorrect username or password.' })],
  ['EXTRA_FACTOR', answered({ challenge: 'x' })],
  ['ACCOUNT_STATUS', answered({ userStatus: 'Closed' })],
  ['ACCOUNT_STATUS', answered({ userStatus: 'TemporaryLocked', errorText: 'x' })],
  ['VIOLATION', answered({ violations: [{ constraint: 'max', value: 'x', description: 'too long' }] })],
  ['PENALTY', { penalty: { seconds: 60 } }],
  ['CAPTCHA', { penalty: { seconds: 60, captcha: true } }],
  ['RATE_LIMITED', { status: 429 }],
  ['LOCKED_OUT', { status: 423 }],
]

async function withStore(run) {
  const path = mkdtempSync(join(tmpdir(), 'open-outcomes-'))
  try {
    await withSandbox({}, sandbox => {
      const store = { type: 'file', path }
      const options = { baseUrl: sandbox.baseUrl, store, timeoutMs: 5000 }
      const fails = call =>
        call.then(
          () => assert.fail('it was done'),
          ({ code, outcome }) => [code.replace('ERR_TRADOVATE_', ''), outcome],
        )
      const requests = () => sandbox.log.filter(({ endpoint }) => endpoint === 'auth/accesstokenrequest').length
      return run({ sandbox, fails, requests, open: () => Session.open(sandbox.credentials, options) })
    })
  } finally {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

describe('promise 27: an open() that Tradovate refuses is answered, and the next one is not sent', () => {
  for (const [cause, fault] of REFUSALS) {
    it(`${cause} by ${JSON.stringify(fault)}`, () =>
      withStore(async ({ sandbox, fails, requests, open }) => {
        sandbox.inject({ endpoint: 'login', ...fault })
        assert.deepEqual(await fails(open()), [cause, 'answered'])
        assert.equal(requests(), 1)
        assert.deepEqual(await fails(open()), [cause, 'not-sent'])
        assert.equal(requests(), 1)
      }))
  }
})

it('promise 27: a renew() that a limit forbids is not sent, and one that met the limit was answered', () =>
  withStore(async ({ sandbox, fails, open }) => {
    const session = await open()
    try {
      sandbox.inject({ endpoint: 'renew', penalty: { seconds: 60 } })
      assert.deepEqual(await fails(session.renew()), ['PENALTY', 'answered'])
      const before = sandbox.log.length
      assert.deepEqual(await fails(session.renew()), ['PENALTY', 'not-sent'])
      assert.equal(sandbox.log.length, before)
    } finally {
      await session.close()
    }
  }))
