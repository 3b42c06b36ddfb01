// bindService(): an address is taken before there is a session, and serves one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import tradovate from '../index.js'
import { atHome, exists } from './service/home.mjs'
import './own-state.mjs'

const { bindService, connect } = tradovate

test('an address that is bound is taken, and serves the session that comes later', () =>
  atHome({}, async home => {
    const bound = home.keep(await bindService({ ...home.socket, metricsPort: 0 }))
    await assert.rejects(bindService(home.socket), { code: 'ERR_TRADOVATE_SERVICE' })
    assert.equal(home.sandbox.counts.logins, 0)
    const session = await home.open()
    const service = await session.serve(bound)
    assert.equal(service.address.socketPath, home.socket.socketPath)
    assert.ok(service.metricsPort > 0)
    const client = await home.connect(home.socket)
    assert.equal(client.accessToken, session.accessToken)
  }))

test('closing it gives it up, or ends the service that serves at it', () =>
  atHome({}, async home => {
    const unused = await bindService(home.socket)
    await unused.close()
    const bound = await bindService(home.socket)
    const session = await home.open()
    const service = await session.serve(bound)
    await Promise.all([bound.close(), bound[Symbol.asyncDispose]()])
    assert.equal(await exists(home.socket.socketPath), false)
    await assert.rejects(connect({ ...home.socket, timeoutMs: 50 }), { code: 'ERR_TRADOVATE_SERVICE' })
    await service.close()
    assert.equal(session.status().state, 'active')
  }))

test('it serves once, and not after it was closed', () =>
  atHome({}, async home => {
    const wanted = {
      code: 'ERR_TRADOVATE_CONFIG',
      message: 'options must be an address that is neither served nor closed',
    }
    const session = await home.open()
    const bound = home.keep(await bindService(home.socket))
    await session.serve(bound)
    await assert.rejects(session.serve(bound), wanted)
    const closed = await bindService(home.port)
    await closed.close()
    await assert.rejects(session.serve(closed), wanted)
  }))

test('a session that is closed does not serve, and the address can be given up', () =>
  atHome({}, async home => {
    const bound = await bindService(home.port)
    const session = await home.open()
    await session.close()
    await assert.rejects(session.serve(bound), { code: 'ERR_TRADOVATE_CLOSED' })
    assert.equal(await exists(home.port.secretFile), true)
    await bound.close()
    assert.equal(await exists(home.port.secretFile), false)
  }))

test('only bindService() makes one', async () =>
  atHome({}, async home => {
    const bound = home.keep(await bindService(home.socket))
    assert.throws(() => new bound.constructor(), /bindService\(\)/)
  }))
