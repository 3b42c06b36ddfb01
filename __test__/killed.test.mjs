// Promise 16: the lease is a kernel lock. Who dies in the middle of a call gives it up, who hangs keeps it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callsTo, LOGIN, outcomes, RENEWAL, until, withBots } from './bots/index.mjs'
import './own-state.mjs'

test('promise 16: a bot that is killed in the middle of a login makes room for the next within a second', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const [holder, next] = await start(2)
    sandbox.inject({ endpoint: 'login', fault: 'hang' })
    const lost = holder.open(sandbox, { store }).catch(error => error)
    await until(() => callsTo(sandbox) === 1)
    const waiting = next.open(sandbox, { store })
    await until(
      async () => (await Promise.race([waiting, new Promise(go => setTimeout(go, 200, 'waits'))])) === 'waits',
    )
    assert.equal(outcomes(sandbox, LOGIN).length, 1, 'it does not go on without the lease')
    const killedAt = Date.now()
    holder.kill()
    await waiting
    assert.match((await lost).message, /has ended/)
    const call = sandbox.log.find(({ outcome }) => outcome === 'ok')
    assert.ok(call.at - killedAt < 1000, `${call.at - killedAt} ms`)
    assert.equal(outcomes(sandbox, LOGIN).length, 2)
  }))

test('promise 16: a bot that is killed in the middle of a renewal costs one renewal and no login', () =>
  withBots({}, async ({ sandbox, store, start }) => {
    const [holder, next] = await start(2)
    await holder.open(sandbox, { store })
    await next.open(sandbox, { store })
    sandbox.inject({ endpoint: 'renew', fault: 'hang' })
    holder.ask('renew').catch(() => {})
    await until(() => callsTo(sandbox) === 2)
    holder.kill()
    const { generation } = await next.ask('renew')
    assert.equal(generation, 2)
    assert.equal(sandbox.counts.logins, 1)
    assert.equal(outcomes(sandbox, RENEWAL).filter(outcome => outcome === 'ok').length, 1)
  }))

test(
  'promise 16: while a stopped bot has the lease no other one logs in, and a good token is served until its end',
  {
    skip: process.platform === 'win32' && 'no process can be stopped there',
  },
  () =>
    withBots({ tokenLifetimeMs: 4000 }, async ({ sandbox, store, start }) => {
      const [holder, other, late] = await start(3)
      await holder.open(sandbox, { store })
      const { token } = await other.open(sandbox, { store, renewBeforeMs: 1000 })
      sandbox.inject({ endpoint: 'renew', fault: 'hang' })
      holder.ask('renew').catch(() => {})
      await until(() => callsTo(sandbox) === 2)
      holder.kill('SIGSTOP')
      assert.equal((await other.ask('token')).accessToken, token)
      const { expiresAt } = await other.ask('status')
      await until(() => Date.now() > expiresAt.getTime() + 500)
      const expired = { code: 'ERR_TRADOVATE_EXPIRED', cause: { code: 'ERR_TRADOVATE_STORE' } }
      await assert.rejects(other.ask('token', { name: 'main', wait: { timeoutMs: 1000 } }), expired)
      await assert.rejects(late.open(sandbox, { store, timeoutMs: 3000 }), error => {
        assert.equal(error.code, 'ERR_TRADOVATE_STORE')
        assert.match(error.message, /lease/)
        return true
      })
      assert.deepEqual([sandbox.counts.logins, callsTo(sandbox)], [1, 2])
      holder.kill()
      await late.open(sandbox, { store })
      assert.notEqual((await other.ask('token')).accessToken, token)
      assert.equal(outcomes(sandbox, LOGIN).length, 2)
    }),
)

test(
  'promise 22: a bot that waits for a stopped one ends at once',
  {
    skip: process.platform === 'win32' && 'no process can be stopped there',
  },
  () =>
    withBots({}, async ({ sandbox, store, start }) => {
      const [holder, other] = await start(2)
      sandbox.inject({ endpoint: 'login', fault: 'hang' })
      holder.open(sandbox, { store }).catch(() => {})
      await until(() => callsTo(sandbox) === 1)
      holder.kill('SIGSTOP')
      const waiting = other.open(sandbox, { store }).catch(error => error)
      const asked = Date.now()
      other.kill('SIGTERM')
      await other.ended
      assert.ok(Date.now() - asked < 1000)
      assert.match((await waiting).message, /has ended/)
    }),
)
