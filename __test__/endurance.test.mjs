// Promise 22 at volume: what a long-lived process holds, and thousands of failures in the background.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
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
async function quickTradovate(tokenLifetimeMs = 80 * 60_000) {
  const accounts = JSON.stringify([{ id: 1, name: 'A', userId: 1, accountType: 'Customer' }])
  const grant = () => {
    const expirationTime = new Date(Date.now() + tokenLifetimeMs).toISOString()
    return JSON.stringify({ accessToken: 'token-of-no-worth', expirationTime, userId: 1 })
  }
  const tradovate = { isDown: false }
  tradovate.server = createServer((request, response) => {
    const known = request.url.endsWith('/account/list') ? accounts : request.url.includes('/auth/') && grant()
    const status = tradovate.isDown ? 503 : known ? 200 : 404
    response.writeHead(status, { 'content-type': 'application/json' }).end((status === 200 && known) || '{}')
    request.resume()
  })
  await new Promise(resolve => tradovate.server.listen(0, '127.0.0.1', resolve))
  tradovate.baseUrl = `http://127.0.0.1:${tradovate.server.address().port}`
  return tradovate
}

test('promise 22: heap, handles and listeners are flat over 100,000 calls', async () => {
  const { server, baseUrl } = await quickTradovate()
  try {
    const credentials = JSON.stringify({ name: 'someone', password: 'password-of-no-worth' })
    const { code, output } = await start('calls', [`${baseUrl}/v1`, credentials], ['--expose-gc']).ended
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
  const tradovate = await quickTradovate(8000)
  try {
    const { child, ended } = start('failures', [tradovate.baseUrl, '1500', '10000'])
    await new Promise(resolve => child.stdout.once('data', resolve))
    tradovate.isDown = true
    const { code, output } = await ended
    assert.equal(code, 0)
    const { failures, codes, unhandled } = JSON.parse(output.slice(output.indexOf('{')))
    assert.ok(failures >= 10_000)
    assert.deepEqual(codes, ['ERR_TRADOVATE_HTTP'])
    assert.deepEqual(unhandled, [])
  } finally {
    tradovate.server.close()
    tradovate.server.closeAllConnections()
  }
})
