// The sandbox starts, shows its face, checks its options, and ends without a trace.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import net from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { startSandbox } from '../sandbox/index.js'

async function start(t, options) {
  const sandbox = await startSandbox(options)
  t.after(() => sandbox.close())
  return sandbox
}

const call = (sandbox, path, init) => fetch(`${sandbox.baseUrl}/${path}`, init)
const login = (sandbox, credentials = sandbox.credentials) =>
  call(sandbox, 'auth/accesstokenrequest', { method: 'POST', body: JSON.stringify(credentials) })

const portOf = sandbox => Number(new URL(sandbox.baseUrl).port)

describe('starting', () => {
  it('is the same function for require and import', () => {
    assert.equal(createRequire(import.meta.url)('../sandbox/index.js').startSandbox, startSandbox)
  })

  it('listens on 127.0.0.1 at a free port of its own', async t => {
    const [one, other] = [await start(t), await start(t)]
    assert.match(one.baseUrl, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
    assert.notEqual(one.baseUrl, other.baseUrl)
  })

  it('cannot be reached at any other address of this machine', async t => {
    const port = portOf(await start(t))
    const own = Object.values(networkInterfaces()).flat()
    const others = own.map(({ address }) => address).filter(address => address !== '127.0.0.1')
    for (const address of [...others, '::1']) {
      const socket = net.connect(port, address)
      t.after(() => socket.destroy())
      await assert.rejects(once(socket, 'connect'), { syscall: 'connect' })
    }
  })

  it('takes the port that it is given, and rejects when that is taken', async t => {
    const first = await start(t)
    const port = portOf(first)
    await assert.rejects(startSandbox({ port }), { code: 'EADDRINUSE' })
    await first.close()
    const second = await start(t, { port })
    assert.equal(second.baseUrl, `http://127.0.0.1:${port}/v1`)
  })

  it('has a first user whose credentials log in', async t => {
    const sandbox = await start(t)
    const { name, password, appId, appVersion, cid, sec } = sandbox.credentials
    for (const text of [name, password, appId, appVersion, sec]) assert.equal(typeof text, 'string')
    assert.equal(typeof cid, 'number')
    const answer = await (await login(sandbox)).json()
    assert.deepEqual([answer.name, answer.userId], [name, 1001])
  })

  it('takes users of its own, with and without an API key', async t => {
    const users = [
      { name: 'plain', password: 'p1' },
      { name: 'keyed', password: 'p2', cid: '7', sec: 's', accounts: [] },
    ]
    const sandbox = await start(t, { users })
    assert.deepEqual(sandbox.credentials, { name: 'plain', password: 'p1', appId: 'Sandbox', appVersion: '1.0' })
    assert.equal((await (await login(sandbox)).json()).userId, 1001)
    assert.equal((await (await login(sandbox, users[1])).json()).userId, 1002)
  })
})

describe('options that cannot work', () => {
  const wrong = {
    port: [-1, 65_536, 1.5, '80'],
    tokenLifetimeMs: [0, -1, Number.NaN, '60', Number.POSITIVE_INFINITY],
    maxSessions: [0, 1.5, '2'],
    users: [[], {}, [null], [{ name: '', password: 'p' }], [{ name: 'n' }], [{ name: 'n', password: 'x'.repeat(65) }]],
    closedSessionStatus: [200, 403, '401'],
    renewalKeepsOldToken: [0, 'no'],
    quotas: [true, null, { renewals: 3 }, { renewalsPerHour: -1 }, { backOffSeconds: '1' }],
    market: [
      null,
      5,
      { speed: 1 },
      { seed: -1 },
      { seed: 1.5 },
      { paceMs: 9 },
      { paceMs: '1000' },
      { paceMs: Number.NaN },
    ],
    clockOffsetMs: [Number.NaN, '1'],
    now: [0, '0'],
    maxLog: [0, -1],
    speed: [1],
  }
  for (const [option, values] of Object.entries(wrong)) {
    it(`names ${option} and starts nothing`, async () => {
      for (const value of values) {
        await assert.rejects(startSandbox({ [option]: value }), error => {
          assert.ok(error instanceof TypeError)
          assert.match(error.message, new RegExp(option))
          return true
        })
      }
    })
  }

  it('names the user, his field and his account', async () => {
    const user = { name: 'n', password: 'p' }
    const cases = [
      [[user, user], /users\[1\]\.name/],
      [[{ ...user, cid: {} }], /users\[0\]\.cid/],
      [[{ ...user, sec: 5 }], /users\[0\]\.sec/],
      [[{ ...user, role: 'x' }], /users\[0\].*role/],
      [[{ ...user, accounts: {} }], /users\[0\]\.accounts/],
      [[{ ...user, accounts: [{ id: 'x' }] }], /users\[0\]\.accounts\[0\]\.id/],
      [[{ ...user, accounts: [{ name: 5 }] }], /users\[0\]\.accounts\[0\]\.name/],
      [[{ ...user, accounts: [null] }], /users\[0\]\.accounts\[0\]/],
    ]
    for (const [users, message] of cases) await assert.rejects(startSandbox({ users }), { name: 'TypeError', message })
  })

  it('never repeats a password or sec', async () => {
    const secret = 'canary'.repeat(20)
    const users = [{ name: 'n', password: secret }]
    await assert.rejects(startSandbox({ users }), error => !error.message.includes('canary'))
  })

  it('do not include undefined, which counts as left out', async t => {
    const sandbox = await start(t, { now: undefined, users: undefined, quotas: { renewalsPerHour: undefined } })
    assert.ok((await (await login(sandbox)).json()).accessToken)
  })

  it('refuses options that are no object', async () => {
    await assert.rejects(startSandbox(4010), TypeError)
    await assert.rejects(startSandbox(null), TypeError)
  })
})

describe('closing', () => {
  it('cuts hanging and idle connections in less than 100 ms and stops listening', async () => {
    const sandbox = await startSandbox()
    sandbox.inject({ endpoint: 'login', fault: 'hang' })
    const hanging = login(sandbox).then(
      () => 'answered',
      () => 'cut',
    )
    const silent = net.connect(portOf(sandbox), '127.0.0.1')
    silent.on('error', () => {})
    const silentClosed = once(silent, 'close')
    await once(silent, 'connect')
    while (sandbox.counts.calls === 0) await new Promise(resolve => setTimeout(resolve, 5))

    const startedAt = performance.now()
    await sandbox.close()
    assert.ok(performance.now() - startedAt < 100)
    assert.equal(await hanging, 'cut')
    await silentClosed
    await assert.rejects(login(sandbox))
  })

  it('does not wait for an answer that is being delayed', async () => {
    const sandbox = await startSandbox()
    sandbox.inject({ endpoint: 'login', latencyMs: 60_000 })
    const delayed = assert.rejects(login(sandbox))
    while (sandbox.counts.calls === 0) await new Promise(resolve => setTimeout(resolve, 5))
    const startedAt = performance.now()
    await sandbox.close()
    assert.ok(performance.now() - startedAt < 100)
    await delayed
  })

  it('can be asked for twice', async () => {
    const sandbox = await startSandbox()
    const closing = sandbox.close()
    assert.equal(sandbox.close(), closing)
    await closing
    await sandbox.close()
  })

  it('lets the process end by itself, after a move at the last moment too', async () => {
    const script = `
      const { startSandbox } = require(${JSON.stringify(createRequire(import.meta.url).resolve('../sandbox/index.js'))})
      startSandbox().then(async sandbox => {
        sandbox.inject({ endpoint: 'any', latencyMs: 60_000 })
        fetch(sandbox.baseUrl + '/account/list').catch(() => {})
        while (sandbox.counts.calls === 0) await new Promise(resolve => setTimeout(resolve, 5))
        sandbox.moveHosts()
        await sandbox.close()
      })`
    const { stderr } = await promisify(execFile)(process.execPath, ['-e', script], { timeout: 10_000 })
    assert.equal(stderr, '')
  })

  it('happens at the end of an await using block', async () => {
    const sandbox = await startSandbox()
    await sandbox[Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')]()
    await assert.rejects(login(sandbox))
  })
})
