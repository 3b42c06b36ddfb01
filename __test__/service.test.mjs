// Promises 23 and 24 over the real core and the sandbox: one login, and its token in as many processes as want it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect, promisify } from 'node:util'
import tradovate from '../index.js'
import { callsTo } from './bots/index.mjs'
import { atHome, exists } from './service/home.mjs'
import { ask } from './service/raw.mjs'

const { connect, ServiceError, TokenClient } = tradovate

test('promise 24: a dependent has the identical token, and every member of a token source, without a login', () =>
  atHome({}, async home => {
    const session = await home.open()
    for (const address of home.addresses) {
      const service = home.keep(await session.serve(address))
      const client = await home.connect(service.address)
      assert.ok(client instanceof TokenClient && !('renew' in client))
      assert.equal(client.accessToken, session.accessToken)
      assert.equal(client.mdAccessToken, session.mdAccessToken)
      assert.deepEqual(await client.getAccessToken(), await session.getAccessToken())
      const accounts = await session.getAccounts()
      assert.deepEqual(await client.getAccounts(), accounts)
      assert.deepEqual(await client.getAccount(accounts[0].id), accounts[0])
      assert.deepEqual(await client.getAccountsById(accounts.map(account => account.id)), accounts)
      assert.deepEqual(await client.findAccount(accounts[0].name), accounts[0])
      assert.ok((await client.suggestAccounts(accounts[0].name.slice(0, 3), 5)).length > 0)
      assert.ok(Array.isArray(await client.getAccountsOfUsers([accounts[0].userId])))
      assert.ok((await client.getCashBalance(accounts[0].id)).totalCashValue !== undefined)
      assert.deepEqual(await client.request('GET', 'account/list'), accounts)
      for (const purpose of ['live', 'demo', 'mdDemo']) {
        assert.equal(client.host(purpose), session.host(purpose))
        assert.equal(client.webSocket(purpose).url, session.webSocket(purpose).url)
        assert.equal(client.webSocket(purpose).authorize(1), session.webSocket(purpose).authorize(1))
      }
      const { state, environment, userId, generation, logins, renewals, adoptions } = client.status()
      const theirs = session.status()
      assert.deepEqual([state, environment, userId, generation], ['active', theirs.environment, theirs.userId, 1])
      assert.deepEqual([logins, renewals, adoptions], [0, 0, 1])
    }
    assert.equal(home.sandbox.counts.logins, 1)
  }))

test('a service tells how many dependents wait for its next token', () =>
  atHome({}, async home => {
    const session = await home.open()
    const service = home.keep(await session.serve(home.address))
    assert.equal(service.dependents, 0)
    const clients = await Promise.all([home.connect(service.address), home.connect(service.address)])
    const waiting = async count => {
      while (service.dependents !== count) await new Promise(resolve => setTimeout(resolve, 10))
    }
    await waiting(2)
    assert.deepEqual(clients[0].status().budget, { logins: 0, renewals: 0 }, 'a dependent has none')
    await clients[0].close()
    await waiting(1)
    await service.close()
    assert.equal(service.dependents, 0)
  }))

test('promise 24: a renewal is an event at each dependent, and its token a plain field', () =>
  atHome({}, async home => {
    const session = await home.open()
    const { address } = home.keep(await session.serve(home.address))
    const clients = await Promise.all(Array.from({ length: 20 }, () => home.connect(address)))
    await new Promise(setImmediate)
    const heard = clients.map(client =>
      once(client, 'token').then(([token]) => [token.how, token.generation, token.accessToken === client.accessToken]),
    )
    const { accessToken } = await session.renew()
    for (const news of await Promise.all(heard)) assert.deepEqual(news, ['adopted', 2, true])
    for (const client of clients) assert.equal(client.accessToken, accessToken)
    assert.deepEqual([home.sandbox.counts.logins, home.sandbox.counts.renewals], [1, 1])
  }))

test('promise 24: an eviction that a dependent meets first is settled by one probe and one login of the service', () =>
  atHome({}, async home => {
    const session = await home.open()
    const { address } = home.keep(await session.serve(home.address))
    const clients = await Promise.all(Array.from({ length: 10 }, () => home.connect(address)))
    home.sandbox.evict()
    const lists = await Promise.all(clients.map(client => client.getAccounts()))
    for (const list of lists) assert.equal(list.length, 2)
    const ours = home.sandbox.log.filter(call => call.endpoint.startsWith('auth/')).map(call => call.endpoint)
    assert.deepEqual(ours, ['auth/accesstokenrequest', 'auth/renewaccesstoken', 'auth/accesstokenrequest'])
    assert.equal(session.status().logins, 2)
  }))

test('promise 23: a bot that blocks its event loop for 5 s serves its dependents all the same', () =>
  atHome({ tokenLifetimeMs: 4000 }, async home => {
    const service = await home.serving(home.address)
    const client = await home.connect(service.address)
    service.send({ deed: 'block', argument: 5000 })
    await service.says('blocking')
    const began = Date.now()
    let slowest = 0
    let asked = 0
    const renewed = once(client, 'token')
    while (Date.now() - began < 4500) {
      const at = Date.now()
      assert.equal((await ask(service.address, '/v1/token')).status, 200)
      slowest = Math.max(slowest, Date.now() - at)
      asked += 1
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    assert.ok(asked > 40 && slowest < 500, `${asked} answers, the slowest after ${slowest} ms`)
    // And renews: the token that is due in that time reaches those who wait for it.
    assert.equal((await renewed)[0].how, 'adopted')
    assert.ok(Date.now() - began < 5000, 'while it was blocked')
    await service.says('done')
    assert.equal(home.sandbox.counts.logins, 1)
  }))

test('promise 23: any program can ask, by the calls as documented', () =>
  atHome({}, async home => {
    const service = await home.serving({ ...home.address, metricsPort: 0 })
    const token = await ask(service.address, '/v1/token')
    assert.equal(token.status, 200)
    assert.equal(token.headers.etag, '"1"')
    assert.equal(token.headers['cache-control'], 'no-store')
    const { accessToken, baseUrl, generation } = JSON.parse(token.text)
    assert.deepEqual([accessToken, baseUrl, generation], [service.accessToken, home.sandbox.baseUrl, 1])
    const accounts = await ask(service.address, '/v1/accounts')
    assert.equal(JSON.parse(accounts.text).length, 2)
    const polled = ask(service.address, '/v1/token?after=1&wait=60')
    const renewed = await service.does('renew')
    assert.equal(JSON.parse((await polled).text).accessToken, renewed)
    const report = { method: 'POST', body: JSON.stringify({ generation: 1, status: 401 }) }
    assert.deepEqual(JSON.parse((await ask(service.address, '/v1/token/rejected', report)).text), {
      generation: 2,
      probing: false,
    })
    const metrics = await ask({ port: service.metricsPort }, '/metrics')
    assert.match(metrics.text, /^tradovate_session_renewals_total 1$/m)
    assert.ok(!metrics.text.includes(renewed))
    const page = { headers: { origin: 'http://localhost' } }
    assert.deepEqual([(await ask(service.address, '/v1/token', page)).status], [403])
  }))

async function twoHundred(home) {
  const processes = Array.from({ length: 4 }, () => home.run('dependents.mjs', JSON.stringify(home.address), '50'))
  const all = async () => {
    const told = await Promise.all(processes.map(each => each.says('all')))
    assert.equal(new Set(told.map(each => each.all)).size, 1)
    return { token: told[0].all, at: Math.max(...told.map(each => each.at)) }
  }
  const list = async () => {
    for (const each of processes) each.send('list')
    for (const each of processes) {
      const { accounts, logins } = await each.says('accounts')
      assert.deepEqual([accounts, logins], [Array(50).fill(2), Array(50).fill(0)])
    }
  }
  return { all, list, first: (await all()).token }
}

const upstream = ({ sandbox }) => [sandbox.counts.logins, sandbox.counts.renewals, callsTo(sandbox)]

test('promise 24: 200 dependents over a service that is killed and started again are on its next token within 5 s; 0 upstream calls', () =>
  atHome({}, async home => {
    const store = { type: 'file', path: join(home.folder, 'store') }
    const service = await home.serving(home.address, store)
    const dependents = await twoHundred(home)
    assert.deepEqual([dependents.first, ...upstream(home)], [service.accessToken, 1, 0, 1])
    await service.kill('SIGKILL')
    const again = await home.serving(home.address, store)
    assert.equal(again.accessToken, service.accessToken)
    const renewed = again.does('renew')
    const began = Date.now()
    const { token, at } = await dependents.all()
    assert.equal(token, await renewed)
    assert.ok(at - began < 5000, `${at - began} ms`)
    assert.deepEqual(upstream(home), [1, 1, 2], 'the one login, and the renewal that was asked for')
    await dependents.list()
    assert.deepEqual(upstream(home), [1, 1, 202])
  }))

test('promise 24: 200 dependents live through the outage, and follow a service whose record was lost as well', () =>
  atHome({}, async home => {
    const service = await home.serving(home.address)
    const dependents = await twoHundred(home)
    await service.kill('SIGKILL')
    await dependents.list()
    assert.deepEqual(upstream(home), [1, 0, 201])
    const again = await home.serving(home.address)
    const began = Date.now()
    const { token, at } = await dependents.all()
    assert.equal(token, again.accessToken)
    assert.notEqual(token, service.accessToken)
    assert.ok(at - began < 5000, `${at - began} ms`)
    assert.deepEqual(upstream(home), [2, 0, 202], "the service's own login")
  }))

test('promise 24: an outage is a degraded state and one warning; the token is good until its end', () =>
  atHome({ tokenLifetimeMs: 4000 }, async home => {
    const service = await home.serving(home.address)
    const client = await home.connect(service.address)
    const warnings = []
    client.on('warning', warning => warnings.push(warning))
    const degraded = new Promise(resolve =>
      client.on('status', status => status.state === 'degraded' && resolve(status)),
    )
    await service.kill()
    const { reason } = await degraded
    assert.ok(reason instanceof ServiceError && reason.code === 'ERR_TRADOVATE_SERVICE')
    assert.equal((await client.getAccounts()).length, 2)
    await new Promise(resolve => setTimeout(resolve, client.status().expiresAt.getTime() + 50 - Date.now()))
    assert.throws(() => client.accessToken, { name: 'SessionError', code: 'ERR_TRADOVATE_EXPIRED' })
    await assert.rejects(client.getAccounts({ timeoutMs: 200 }), error => {
      assert.equal(error.code, 'ERR_TRADOVATE_EXPIRED')
      assert.ok(error.cause instanceof ServiceError)
      return true
    })
    assert.equal(client.status().state, 'waiting')
    assert.deepEqual(
      warnings.map(warning => warning.code),
      ['ERR_TRADOVATE_SERVICE'],
    )
  }))

test('promise 24: another environment or user is a mismatch, at once', () =>
  atHome({}, async home => {
    const session = await home.open({ environment: 'demo' })
    const { address } = home.keep(await session.serve(home.address))
    const { userId } = session.status()
    for (const wrong of [{ environment: 'live' }, { userId: userId + 1 }]) {
      await assert.rejects(connect({ ...address, ...wrong }), error => {
        assert.ok(error instanceof ServiceError && error.code === 'ERR_TRADOVATE_SERVICE_MISMATCH')
        return true
      })
    }
    const client = await home.connect({ ...address, environment: 'demo', userId })
    assert.equal(client.status().environment, 'demo')
  }))

test(
  'promise 23: a folder, a socket or a secret that others can reach is refused on both sides',
  {
    skip: process.platform === 'win32' && 'there are no such bits on Windows',
  },
  () =>
    atHome({}, async home => {
      const session = await home.open()
      const mismatch = { name: 'ServiceError', code: 'ERR_TRADOVATE_SERVICE_MISMATCH' }
      await chmod(home.folder, 0o755)
      await assert.rejects(session.serve(home.socket), mismatch)
      await chmod(home.folder, 0o700)
      home.keep(await session.serve(home.socket))
      const port = home.keep(await session.serve(home.port))
      for (const [path, address] of [
        [home.socket.socketPath, home.socket],
        [home.port.secretFile, port.address],
      ]) {
        assert.equal((await stat(path)).mode & 0o777, 0o600)
        await chmod(path, 0o644)
        await assert.rejects(connect(address), mismatch)
      }
    }),
)

test(
  'promise 23: another user is refused by the service, and his socket by its dependents, even where the bits let him in',
  {
    skip: process.getuid?.() !== 0 && 'only root can act as another user',
  },
  () =>
    atHome({}, async home => {
      const session = await home.open()
      home.keep(await session.serve(home.socket))
      await chmod(home.folder, 0o755)
      await chmod(home.socket.socketPath, 0o666)
      const NOBODY = 65_534
      const curl = ['--silent', '--write-out', ' %{http_code}', '--unix-socket', home.socket.socketPath]
      const asks = (path, uid) =>
        promisify(execFile)('curl', [...curl, '-H', 'X-Token-Service: 1', `http://localhost${path}`], { uid, gid: uid })
      for (const path of ['/v1/token', '/v1/accounts', '/livez']) {
        assert.equal((await asks(path, NOBODY)).stdout, '{"code":"ERR_TRADOVATE_SERVICE"} 403')
      }
      assert.equal((await asks('/livez', 0)).stdout, 'ok\n 200')
      await chmod(home.folder, 0o700)
      await chmod(home.socket.socketPath, 0o600)
      await chown(home.socket.socketPath, NOBODY, NOBODY)
      await assert.rejects(connect(home.socket), { code: 'ERR_TRADOVATE_SERVICE_MISMATCH' })
    }),
)

test('promise 23: an address that a live service holds is refused; one that was left by a killed one is taken over', () =>
  atHome({}, async home => {
    const session = await home.open()
    for (const address of home.addresses) {
      const service = await home.serving(address)
      const again = address === home.port ? { ...service.address } : address
      await assert.rejects(session.serve(again), { name: 'ServiceError', code: 'ERR_TRADOVATE_SERVICE' })
      await service.kill()
      const path = address.socketPath ?? address.secretFile
      assert.ok(await exists(path), 'a killed process leaves it')
      const next = await session.serve(again)
      assert.equal((await home.connect(next.address)).accessToken, session.accessToken)
      await next.close()
      assert.ok(!(await exists(path)))
    }
  }))

test('connecting is given up by its signal, at its timeout, and with a service that is not there', () =>
  atHome({}, async home => {
    const reason = new Error('enough')
    await assert.rejects(connect({ ...home.address, signal: AbortSignal.abort(reason) }), error => error === reason)
    const controller = new AbortController()
    const connecting = connect({ ...home.address, signal: controller.signal })
    controller.abort(reason)
    await assert.rejects(connecting, error => error === reason)
    const began = Date.now()
    await assert.rejects(connect({ ...home.address, timeoutMs: 300 }), { code: 'ERR_TRADOVATE_SERVICE' })
    assert.ok(Date.now() - began < 1000)
  }))

test('a closed session takes its services with it, and its dependents keep their token', () =>
  atHome({}, async home => {
    const session = await home.open()
    const service = await session.serve(home.address)
    const client = await home.connect(service.address)
    const degraded = once(client, 'status')
    await session.close()
    await service.close()
    assert.ok(!(await exists(home.addressFile)))
    await assert.rejects(session.serve(home.address), { code: 'ERR_TRADOVATE_CLOSED' })
    assert.equal((await degraded)[0].state, 'degraded')
    assert.equal((await client.getAccounts()).length, 2)
    await client.close()
    assert.equal(client.status().state, 'closed')
    assert.throws(() => client.accessToken, { code: 'ERR_TRADOVATE_CLOSED' })
  }))

test('a session that is closed while it opens a service is left with none', () =>
  atHome({}, async home => {
    const session = await home.open()
    const serving = session.serve(home.address)
    const outcome = assert.rejects(serving, { code: 'ERR_TRADOVATE_CLOSED' })
    const closing = session.close()
    assert.equal(session.close(), closing)
    await closing
    await outcome
    assert.ok(!(await exists(home.addressFile)))
  }))

test('promise 25: neither a service nor a dependent shows a secret when printed or made JSON', () =>
  atHome({}, async home => {
    const session = await home.open()
    const service = home.keep(await session.serve(home.port))
    const client = await home.connect(service.address)
    const { port, secretFile } = service.address
    assert.deepEqual(JSON.parse(JSON.stringify(service)), { address: { port, secretFile } })
    assert.match(inspect(client), /^TokenClient \{\s+state: 'active'/)
    const shown = [service, client].flatMap(thing => [
      inspect(thing, { depth: 9, showHidden: true }),
      JSON.stringify(thing),
    ])
    for (const text of shown) assert.ok(!text.includes(session.accessToken), text)
  }))

test('a socket is found by its bare name, and by a relative path also from another working directory', () =>
  atHome({}, async home => {
    const before = process.cwd()
    process.chdir(home.folder)
    try {
      const session = await home.open()
      const service = home.keep(await session.serve({ socketPath: 'token.sock' }))
      const client = await home.connect({ socketPath: 'token.sock' })
      process.chdir(before)
      await service.close()
      home.keep(await session.serve({ socketPath: join(home.folder, 'token.sock') }))
      await session.renew()
      const { generation } = await session.getAccessToken()
      while (client.status().generation < generation) await once(client, 'token')
      assert.equal(client.accessToken, session.accessToken)
    } finally {
      process.chdir(before)
    }
  }))
