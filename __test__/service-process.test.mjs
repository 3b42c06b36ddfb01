// Promise 22 for a token service and its dependents: what holds a process, and what is left when one ends.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { atHome, exists } from './service/home.mjs'
import { ask } from './service/raw.mjs'

const noSignals = process.platform === 'win32' && 'no process is told there to end'

test(
  'promise 22: an open service holds its process as an HTTP server does, until it or its session is closed',
  { skip: noSignals },
  () =>
    atHome({}, async home => {
      for (const deed of ['closeService', 'closeSession']) {
        const service = await home.serving(home.address)
        await service.does(deed)
        assert.ok(!(await exists(home.addressFile)), deed)
        await service.kill()
      }
      const script = `
      import tradovate from ${JSON.stringify(new URL('../index.js', import.meta.url).href)}
      const [baseUrl, credentials, address] = process.argv.slice(1)
      const session = await tradovate.Session.open(JSON.parse(credentials), { baseUrl, store: { type: 'memory' } })
      const service = await session.serve(JSON.parse(address))
      console.log('serving')
      process.on('SIGTERM', () => service.close())`
      const args = [home.sandbox.baseUrl, JSON.stringify(home.sandbox.credentials), JSON.stringify(home.address)]
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      const polled = await ask(home.address, '/v1/token?after=1&wait=1')
      assert.equal(polled.status, 304, 'it is still there a second later')
      child.kill('SIGTERM')
      assert.deepEqual(await once(child, 'exit'), [0, null])
      assert.ok(!(await exists(home.addressFile)))
    }),
)

test('promise 22: an idle dependent does not keep a script alive, and its calls do', () =>
  atHome({}, async home => {
    const session = await home.open()
    const { address } = home.keep(await session.serve(home.address))
    home.sandbox.inject({ endpoint: 'account', latencyMs: 400 })
    const script = fileURLToPath(new URL('service/idle.mjs', import.meta.url))
    const child = spawn(process.execPath, [script, JSON.stringify(address)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', data => {
      output += data
    })
    assert.deepEqual(await once(child, 'close'), [0, null])
    const [accounts, done] = output.trim().split('\n')
    assert.equal(accounts, '2')
    assert.ok(Date.now() - Number(done) < 1000, `ended ${Date.now() - Number(done)} ms after its last line`)
  }))

test('promise 22: workers that are ended with services and dependents open leave nothing behind', () =>
  atHome({ quotas: false }, async home => {
    const session = await home.open()
    const { address } = home.keep(await session.serve(home.port))
    const workerData = { baseUrl: home.sandbox.baseUrl, credentials: home.sandbox.credentials, other: address }
    for (let i = 0; i < 20; i += 1) {
      // The same address each time: it is free only if the worker before has let it go.
      const worker = new Worker(new URL('service/worker.mjs', import.meta.url), {
        workerData: { ...workerData, own: home.address },
      })
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      await worker.terminate()
      while (await exists(home.addressFile)) await new Promise(setImmediate)
    }
    assert.equal((await session.getAccounts()).length, 2)
    assert.equal(home.sandbox.counts.logins, 1)
  }))
