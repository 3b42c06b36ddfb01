// Promise 22: without a token a read says what the method says, in every state: the same code, the same time to try again.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import tradovate from '../index.js'
import './own-state.mjs'
import { atHome } from './service/home.mjs'

const { Session, TradovateError } = tradovate
const REFUSED = { status: 200, body: '{"errorText":"Incorrect username or password. Please try again."}' }
const FAILED = new Error('the vault is shut')

/** What the method rejects with, and each read throws right after it. */
async function assertTheSame(source) {
  const said = await source.getAccessToken({ timeoutMs: 100 }).catch(error => error)
  assert.ok(said instanceof Error, 'there is a token')
  const reads = [() => source.accessToken, () => source.mdAccessToken, () => source.webSocket('demo').authorize(1)]
  for (const read of reads) {
    assert.throws(read, error => {
      if (!(said instanceof TradovateError)) return error === said
      const parts = ({ name, code, needsPerson, cause, outcome }) => ({
        name,
        code,
        needsPerson,
        cause: cause?.code,
        outcome,
      })
      assert.deepEqual(parts(error), parts(said))
      // Each time is told by the local clock, as that stands to the server's when it is told.
      const [retryAt, other] = [error.retryAt, said.retryAt].map(date => date?.getTime() ?? 0)
      assert.ok(Math.abs(retryAt - other) <= 5, `${retryAt} and ${other}`)
      return true
    })
  }
  return said
}

/** Loses the session's token: a third login closes it, and this is what taking it back meets. */
async function lose(sandbox, session, fault) {
  if (fault) sandbox.inject({ endpoint: 'login', times: Number.POSITIVE_INFINITY, ...fault })
  sandbox.evict()
  await session.getAccounts().catch(() => {})
}

const STATES = [
  ['evicted, and left at that', { onEviction: 'stop' }, lose, 'EVICTED'],
  [
    'contended',
    {},
    async (sandbox, session) => {
      await lose(sandbox, session)
      await lose(sandbox, session)
    },
    'CONTENDED',
  ],
  ['an outage of logins', {}, (...it) => lose(...it, { status: 503 }), 'EXPIRED', 'HTTP'],
  ['a penalty of logins', {}, (...it) => lose(...it, { penalty: { seconds: 60 } }), 'EXPIRED', 'PENALTY'],
  ['a captcha', {}, (...it) => lose(...it, { penalty: { seconds: 1, captcha: true } }), 'EXPIRED', 'CAPTCHA'],
  ['credentials that are refused', {}, (...it) => lose(...it, REFUSED), 'EXPIRED', 'CREDENTIALS'],
  ['another factor', {}, (...it) => lose(...it, { status: 200, body: '{"userId":1}' }), 'EXPIRED', 'EXTRA_FACTOR'],
  [
    'an account that is locked',
    {},
    (...it) => lose(...it, { status: 200, body: '{"errorText":"locked","userStatus":"TemporaryLocked"}' }),
    'EXPIRED',
  ],
  ['a 429', {}, (...it) => lose(...it, { status: 429 }), 'EXPIRED', 'RATE_LIMITED'],
  ['a 423', {}, (...it) => lose(...it, { status: 423 }), 'EXPIRED', 'LOCKED_OUT'],
  ['a used up budget of logins', { maxLogins: { count: 1, withinMs: 60_000 } }, lose, 'EXPIRED', 'LOGIN_BUDGET'],
]

describe('promise 22: a session without a token', () => {
  for (const [name, options, prepare, code, cause] of STATES) {
    it(name, () =>
      atHome({}, async home => {
        const session = await home.open(options)
        await prepare(home.sandbox, session)
        const said = await assertTheSame(session)
        assert.equal(said.code, `ERR_TRADOVATE_${code}`)
        if (cause) assert.equal(said.cause?.code, `ERR_TRADOVATE_${cause}`)
        if (code !== 'EVICTED') assert.ok(said.retryAt instanceof Date)
      }),
    )
  }

  it('a token that ended in an outage', () =>
    atHome({ tokenLifetimeMs: 1500 }, async home => {
      const session = await home.open()
      for (const endpoint of ['renew', 'login']) {
        home.sandbox.inject({ endpoint, times: Number.POSITIVE_INFINITY, status: 503 })
      }
      await new Promise(resolve => session.on('status', ({ state }) => state === 'waiting' && resolve()))
      const said = await assertTheSame(session)
      assert.deepEqual([said.code, said.cause.code], ['ERR_TRADOVATE_EXPIRED', 'ERR_TRADOVATE_HTTP'])
    }))

  it('a credentials function that throws', () =>
    atHome({}, async home => {
      let fails = false
      const ask = () => {
        if (fails) throw FAILED
        return home.sandbox.credentials
      }
      const settings = { baseUrl: home.sandbox.baseUrl, store: { type: 'memory' } }
      const session = home.keep(await Session.open(ask, settings))
      fails = true
      await lose(home.sandbox, session)
      assert.equal(await assertTheSame(session), FAILED)
    }))

  it('closed', () =>
    atHome({}, async home => {
      const session = await home.open()
      await session.close()
      const { code } = await session.getAccessToken().catch(error => error)
      assert.equal(code, 'ERR_TRADOVATE_CLOSED')
      for (const read of [() => session.accessToken, () => session.mdAccessToken]) assert.throws(read, { code })
    }))
})

describe('promise 22: a dependent without a token', () => {
  it('of a service whose session is contended', () =>
    atHome({}, async home => {
      const session = await home.open()
      home.keep(await session.serve(home.address))
      const client = await home.connect(home.address)
      const waits = new Promise(resolve => client.on('status', ({ state }) => state === 'contended' && resolve()))
      await lose(home.sandbox, session)
      await lose(home.sandbox, session)
      await waits
      const said = await assertTheSame(client)
      assert.equal(said.code, 'ERR_TRADOVATE_CONTENDED')
    }))

  it('of a service that turns to another environment', () =>
    atHome({}, async home => {
      const first = await home.open({ environment: 'demo' })
      const service = await first.serve(home.address)
      const client = await home.connect(home.address)
      const warned = new Promise(resolve => {
        client.on('warning', ({ code }) => code === 'ERR_TRADOVATE_SERVICE_MISMATCH' && resolve())
      })
      await service.close()
      const other = await home.open({ environment: 'live' })
      home.keep(await other.serve(home.address))
      await warned
      const said = await assertTheSame(client)
      assert.equal(said.code, 'ERR_TRADOVATE_SERVICE_MISMATCH')
    }))

  it('closed', () =>
    atHome({}, async home => {
      const session = await home.open()
      home.keep(await session.serve(home.address))
      const client = await home.connect(home.address)
      await client.close()
      assert.throws(() => client.accessToken, { code: 'ERR_TRADOVATE_CLOSED' })
      await assert.rejects(client.getAccessToken(), { code: 'ERR_TRADOVATE_CLOSED' })
    }))
})
