// storedStatus(): how a login stands by its store, without a session and without a call.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const { Session, storedStatus } = tradovate
const COUNTS = ['logins', 'renewals', 'adoptions', 'failures', 'address']

/** Runs `run({ sandbox, login, options })`, where `login` has no secret and `options` name a folder as the store. */
async function withStore(run) {
  const sandbox = await startSandbox()
  const path = mkdtempSync(join(tmpdir(), 'stored-status-'))
  const { name, appId, cid } = sandbox.credentials
  try {
    await run({
      sandbox,
      login: { name, appId, cid },
      options: { baseUrl: sandbox.baseUrl, store: { type: 'file', path } },
    })
  } finally {
    await sandbox.close()
    rmSync(path, { recursive: true })
  }
}

test('it is what the session has saved, without its counts, and costs no call', () =>
  withStore(async ({ sandbox, login, options }) => {
    assert.equal(await storedStatus(login, options), undefined)
    const session = await Session.open(sandbox.credentials, options)
    const kept = session.status()
    await session.close()
    const { calls } = sandbox.counts
    const status = await storedStatus(login, options)
    for (const name of ['state', 'environment', 'generation', 'userId']) assert.equal(status[name], kept[name], name)
    assert.ok(Math.abs(status.expiresAt - kept.expiresAt) < 1000)
    for (const name of COUNTS) assert.ok(!(name in status), name)
    assert.equal(sandbox.counts.calls, calls)
  }))

test('whole credentials will do, and another login, environment or base URL has nothing', () =>
  withStore(async ({ sandbox, login, options }) => {
    await (await Session.open(sandbox.credentials, options)).close()
    const { generation } = await storedStatus({ ...sandbox.credentials, password: 'another' }, options)
    assert.equal(generation, 1)
    assert.equal(await storedStatus({ ...login, cid: 99 }, options), undefined)
    assert.equal(await storedStatus({ ...login, name: 'another' }, options), undefined)
    assert.equal(await storedStatus(login, { ...options, environment: 'demo' }), undefined)
    assert.equal(await storedStatus(login, { ...options, baseUrl: 'http://127.0.0.1:1/v1' }), undefined)
  }))

test('a store that cannot be read is a StoreError', () =>
  withStore(async ({ sandbox, login, options }) => {
    await (await Session.open(sandbox.credentials, options)).close()
    const key = Buffer.alloc(32, 7)
    const sealed = { ...options, store: { ...options.store, key } }
    await assert.rejects(storedStatus(login, sealed), { code: 'ERR_TRADOVATE_STORE_MISMATCH' })
    const { path } = options.store
    for (const file of readdirSync(path)) writeFileSync(join(path, file), 'x'.repeat(70_000))
    await assert.rejects(storedStatus(login, options), { name: 'StoreError' })
  }))

test('what cannot work is refused by name, and shown nowhere', async () => {
  for (const [login, options, message] of [
    [undefined, {}, /^credentials must be an object$/],
    [{}, {}, /^credentials\.name must be/],
    [{ name: 'canary'.repeat(20) }, {}, /^credentials\.name must be/],
    [{ name: 'n', cid: 1.5 }, {}, /^credentials\.cid must be/],
    [{ name: 'n', canary: 1 }, {}, /^credentials\.canary is not known/],
    [{ name: 'n' }, { store: { type: 'canary' } }, /^options\.store\.type must be/],
    [{ name: 'n' }, { environment: 'canary' }, /^options\.environment must be/],
  ]) {
    await assert.rejects(storedStatus(login, options), error => {
      assert.equal(error.code, 'ERR_TRADOVATE_CONFIG')
      assert.match(error.message, message)
      return true
    })
  }
  const reason = new Error('given up')
  await assert.rejects(storedStatus({ name: 'n' }, { signal: AbortSignal.abort(reason) }), error => error === reason)
})
