// Promise 22 at volume: what a long-lived process holds, and thousands of failures in the background.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const MIB = 2 ** 20

function start(name, args, flags = []) {
  const script = fileURLToPath(new URL(`endurance/${name}.mjs`, import.meta.url))
  const child = spawn(process.execPath, [...flags, script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = []
  child.stdout.setEncoding('utf8').on('data', text => lines.push(text))
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, output: lines.join('') }))
  })
  return { child, ended }
}

// A Tradovate that only answers: the sandbox keeps a log of every call, which would be what grows here.
async function quickTradovate() {
  const expirationTime = new Date(Date.now() + 80 * 60_000).toISOString()
  const token = JSON.stringify({ accessToken: 'token-of-no-worth', expirationTime, userId: 1 })
  const accounts = JSON.stringify([{ id: 1, name: 'A', userId: 1, accountType: 'Customer' }])
  const server = createServer((request, response) => {
    const known = request.url.endsWith('/account/list') ? accounts : request.method === 'POST' && token
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' }).end(known || '{}')
    request.resume()
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, baseUrl: `http://127.0.0.1:${server.address().port}/v1` }
}

test('promise 22: heap, handles and listeners are flat over 100,000 calls', async () => {
  const { server, baseUrl } = await quickTradovate()
  try {
    const credentials = JSON.stringify({ name: 'someone', password: 'password-of-no-worth' })
    const { code, output } = await start('calls', [baseUrl, credentials], ['--expose-gc']).ended
    assert.equal(code, 0)
    const { made, early, late } = JSON.parse(output)
    assert.ok(made >= 100_000)
    assert.ok(late.heapUsed - early.heapUsed < MIB, `heap grew by ${late.heapUsed - early.heapUsed} bytes`)
    assert.ok(late.external - early.external < MIB, `external memory grew by ${late.external - early.external} bytes`)
    assert.ok(late.rss - early.rss < 32 * MIB, `the process grew by ${late.rss - early.rss} bytes`)
    assert.deepEqual(late.kinds, early.kinds)
    assert.deepEqual([early.listeners, late.listeners], [0, 0])
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test('promise 22: 10,000 failures in the background are 10,000 warnings and nothing else', async () => {
  const users = Array.from({ length: 1500 }, (_, i) => ({ name: `user-${i}`, password: 'password-of-no-worth' }))
  const sandbox = await startSandbox({ users, tokenLifetimeMs: 8000, quotas: false })
  try {
    const { child, ended } = start('failures', [sandbox.baseUrl, JSON.stringify(users), '10000'])
    await new Promise(resolve => child.stdout.once('data', resolve))
    sandbox.inject({ endpoint: 'any', status: 503, times: 1_000_000 })
    const { code, output } = await ended
    assert.equal(code, 0)
    const { failures, codes, unhandled } = JSON.parse(output.slice(output.indexOf('{')))
    assert.ok(failures >= 10_000)
    assert.deepEqual(codes, ['ERR_TRADOVATE_HTTP'])
    assert.deepEqual(unhandled, [])
  } finally {
    await sandbox.close()
  }
})
