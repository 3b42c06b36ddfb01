// What serve() and connect() take: each bad option is named, nothing is shown of it, and nothing is opened.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import tradovate from '../index.js'
import { atHome } from './service/home.mjs'

const { bindService, connect, TokenClient } = tradovate
const SOCKET = { socketPath: '/nowhere/canary.sock' }
const PORT = { port: 7450, secretFile: '/nowhere/canary-secret' }
const EITHER = /^options must have either socketPath, or port and secretFile$/

const bothRefuse = [
  [undefined, /^options must be an object$/],
  [null, /^options must be an object$/],
  ['canary', /^options must be an object$/],
  [{}, EITHER],
  [{ ...SOCKET, ...PORT }, EITHER],
  [{ ...SOCKET, port: 7450 }, EITHER],
  [{ ...SOCKET, secretFile: 'canary' }, EITHER],
  [{ socketPath: '' }, /^options\.socketPath must be/],
  [{ socketPath: 'canary\0' }, /^options\.socketPath must be/],
  [{ socketPath: 5 }, /^options\.socketPath must be/],
  [{ socketPath: null }, /^options\.socketPath must be/],
  [{ port: 7450 }, /^options\.secretFile must be/],
  [{ secretFile: 'canary' }, /^options\.port must be/],
  [{ ...PORT, port: -1 }, /^options\.port must be/],
  [{ ...PORT, port: 65_536 }, /^options\.port must be/],
  [{ ...PORT, port: 1.5 }, /^options\.port must be/],
  [{ ...PORT, port: '7450' }, /^options\.port must be/],
  [{ ...PORT, secretFile: '' }, /^options\.secretFile must be/],
  [{ ...SOCKET, host: 'canary' }, /^options\.host is not known/],
]
const serveRefuses = [
  [{ ...SOCKET, metricsPort: -1 }, /^options\.metricsPort must be/],
  [{ ...SOCKET, metricsPort: 65_536 }, /^options\.metricsPort must be/],
  [{ ...SOCKET, metricsPort: '9464' }, /^options\.metricsPort must be/],
  [{ ...SOCKET, userId: 1 }, /^options\.userId is not known/],
]
const connectRefuses = [
  [{ ...PORT, port: 0 }, /^options\.port must be an integer from 1 to 65535$/],
  [{ ...SOCKET, environment: 'canary' }, /^options\.environment must be 'live' or 'demo'$/],
  [{ ...SOCKET, userId: 0 }, /^options\.userId must be/],
  [{ ...SOCKET, userId: '1' }, /^options\.userId must be/],
  [{ ...SOCKET, timeoutMs: 0 }, /^options\.timeoutMs must be/],
  [{ ...SOCKET, keepWarm: 'canary' }, /^options\.keepWarm must be/],
  [{ ...SOCKET, signal: {} }, /^options\.signal must be an AbortSignal$/],
  [{ ...SOCKET, metricsPort: 1 }, /^options\.metricsPort is not known/],
]

async function assertRefused(call, message) {
  await assert.rejects(call, error => {
    assert.equal(error.code, 'ERR_TRADOVATE_CONFIG')
    assert.match(error.message, message)
    assert.ok(!error.message.includes('canary'), error.message)
    return true
  })
}

test('connect() refuses what cannot work', async () => {
  for (const [options, message] of [...bothRefuse, ...connectRefuses]) await assertRefused(connect(options), message)
})

test('session.serve() refuses what cannot work', () =>
  atHome({}, async home => {
    const session = home.keep(
      await tradovate.Session.open(home.sandbox.credentials, {
        baseUrl: home.sandbox.baseUrl,
        store: { type: 'memory' },
      }),
    )
    for (const [options, message] of [...bothRefuse, ...serveRefuses]) {
      await assertRefused(session.serve(options), message)
      await assertRefused(bindService(options), message)
    }
  }))

test('only connect() makes clients', () => {
  assert.throws(() => new TokenClient(), /connect\(\)/)
})

test('a path that is too long for a socket is said to be no address', () =>
  atHome({}, async home => {
    const session = home.keep(
      await tradovate.Session.open(home.sandbox.credentials, {
        baseUrl: home.sandbox.baseUrl,
        store: { type: 'memory' },
      }),
    )
    const socketPath = `${home.folder}/${'x'.repeat(200)}`
    await assert.rejects(session.serve({ socketPath }), { code: 'ERR_TRADOVATE_SERVICE' })
    await assert.rejects(connect({ socketPath, timeoutMs: 50 }), { code: 'ERR_TRADOVATE_SERVICE' })
  }))
