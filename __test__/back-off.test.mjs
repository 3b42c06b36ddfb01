// Promise 6: a bot that is started again while the login waits for its back-off is told so, and nothing is sent.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import { freePort } from '../scripts/free-port.mjs'
import './own-state.mjs'

test('promise 6: an open within the back-off says until when it lasts, and one with more patience waits for its end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'back-off-'))
  const port = await freePort()
  const { Session, NetworkError, storedStatus } = tradovate
  const credentials = { name: 'someone', password: 'password-of-no-worth' }
  const options = { baseUrl: `http://127.0.0.1:${port}/v1`, store: { type: 'file', path: join(folder, 'store') } }
  const open = timeoutMs => Session.open(credentials, { ...options, timeoutMs })
  let sandbox
  try {
    await assert.rejects(open(300), { code: 'ERR_TRADOVATE_CONNECT', message: /127\.0\.0\.1/ })
    const began = Date.now()
    // Long enough to read the store, and shorter than the least back-off of a second.
    await assert.rejects(open(250), error => {
      assert.ok(error instanceof NetworkError)
      assert.deepEqual([error.code, error.outcome, error.needsPerson], ['ERR_TRADOVATE_CONNECT', 'not-sent', false])
      assert.equal(error.message, 'the last login failed; the next one waits for its back-off, until `retryAt`')
      assert.ok(error.retryAt > began && error.retryAt <= Date.now() + 300_000)
      return true
    })
    assert.equal((await storedStatus(credentials, options)).state, 'waiting')
    sandbox = await startSandbox({ port, users: [credentials] })
    const session = await open(60_000)
    assert.equal(sandbox.counts.logins, 1)
    await session.close()
  } finally {
    await sandbox?.close()
    await rm(folder, { recursive: true })
  }
})
