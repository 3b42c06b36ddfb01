// A connection that is ready for a session's next call, as a bot's own process has it.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import './own-state.mjs'

const file = name => fileURLToPath(new URL(`tls/${name}`, import.meta.url))
const env = { ...process.env, NODE_EXTRA_CA_CERTS: file('authority.pem') }

// Tradovate with TLS, as far as a login needs it. It counts handshakes and requests.
async function startServer(t) {
  const pem = readFileSync(file('localhost.pem'))
  const seen = { handshakes: 0, requests: 0, sockets: new Set() }
  const server = createServer({ key: pem, cert: pem }, (_, response) => {
    seen.requests += 1
    const expirationTime = new Date(Date.now() + 80 * 60_000).toISOString()
    response.end(JSON.stringify({ accessToken: 'a-token', expirationTime, userId: 1 }))
  }).listen(0, '127.0.0.1')
  server.on('secureConnection', socket => {
    seen.handshakes += 1
    seen.sockets.add(socket)
    // Who leaves may do so without a word.
    socket.on('error', () => {}).on('close', () => seen.sockets.delete(socket))
  })
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return Object.assign(seen, { server, baseUrl: `https://localhost:${server.address().port}/v1` })
}

test('a connection that the server closes is made anew without a request; keepWarm: false makes none', async t => {
  const [warm, cold] = [await startServer(t), await startServer(t)]
  const child = spawn(process.execPath, [file('warm.mjs'), warm.baseUrl, cold.baseUrl], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  try {
    const [said] = await once(child.stdout, 'data')
    assert.equal(String(said), 'open\n')
    const again = once(warm.server, 'secureConnection', { signal: AbortSignal.timeout(10_000) })
    for (const socket of [...warm.sockets, ...cold.sockets]) socket.destroy()
    await again
    assert.deepEqual([warm.requests, warm.handshakes], [1, 2])
    assert.deepEqual([cold.requests, cold.handshakes], [1, 1])
  } finally {
    child.stdin.end()
  }
  assert.deepEqual(await ended, [0, null])
})

test('promise 22: a session that is kept warm does not keep a script alive', async t => {
  const { baseUrl } = await startServer(t)
  const { stdout } = await promisify(execFile)(process.execPath, [file('left-warm.mjs'), baseUrl], {
    env,
    timeout: 10_000,
  })
  assert.ok(Date.now() - Number(stdout) < 1000, `ended ${Date.now() - Number(stdout)} ms after its last line`)
})
