// Whom the package trusts with a token: the system's roots, its own, and those that Node was told to trust.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import './own-state.mjs'

const file = name => fileURLToPath(new URL(`tls/${name}`, import.meta.url))
const run = promisify(execFile)

let server
let baseUrl

before(async () => {
  // A key that nothing but this test knows.
  const pem = readFileSync(file('localhost.pem'))
  server = createServer({ key: pem, cert: pem }, (_, response) => response.end('[{"id":1}]')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `https://localhost:${server.address().port}/v1`
})

after(() => {
  server.close()
  server.closeAllConnections()
})

async function accounts(variables) {
  const { stdout } = await run(process.execPath, [file('accounts.mjs'), baseUrl], {
    env: { ...process.env, ...variables },
  })
  return stdout.trim()
}

test('a server whose certificate nobody vouches for gets no token', async () => {
  assert.match(await accounts({ NODE_EXTRA_CA_CERTS: '' }), /^ERR_TRADOVATE_CONNECT .*UnknownIssuer/)
})

test('NODE_EXTRA_CA_CERTS is trusted, as by the clients of Node', async () => {
  assert.equal(await accounts({ NODE_EXTRA_CA_CERTS: file('authority.pem') }), '1 accounts')
})

test('a file of NODE_EXTRA_CA_CERTS that holds no certificate changes nothing', async () => {
  assert.match(await accounts({ NODE_EXTRA_CA_CERTS: file('accounts.mjs') }), /^ERR_TRADOVATE_CONNECT .*UnknownIssuer/)
})
