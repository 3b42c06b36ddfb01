// What the tests of bad input share: values that must not be shown, and a Tradovate that must not be asked.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, beforeEach, test } from 'node:test'
import { inspect } from 'node:util'
import tradovate from '../../index.js'

const { ConfigError } = tradovate

// Every bad text holds the first, every bad number the second.
export const CANARY = 'CANARY'
export const ODD = 8675309.5
const SECRET = /CANARY|8675309/
export const GOOD = { name: 'n', password: 'p' }
export const long = length => CANARY.padEnd(length, 'x')

// What has reached the server since the test began.
export const upstream = { requests: 0, lastBody: undefined }

const server = createServer(async (request, response) => {
  upstream.requests += 1
  upstream.lastBody = await text(request)
  const expirationTime = new Date(Date.now() + 80 * 60_000).toISOString()
  const isLogin = request.url.toLowerCase() === '/v1/auth/accesstokenrequest'
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(isLogin ? { accessToken: 't', expirationTime } : []))
})

// Listening before any test is there: a call without this address would leave the machine.
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
export const baseUrl = `http://127.0.0.1:${server.address().port}/v1`

after(() => {
  server.close()
  server.closeAllConnections()
})

beforeEach(() => {
  upstream.requests = 0
})

async function refuses(call, field) {
  await assert.rejects(
    async () => call(),
    error => {
      assert.ok(error instanceof ConfigError, `${error.name}: ${error.message}`)
      assert.deepEqual([error.code, error.outcome], ['ERR_TRADOVATE_CONFIG', 'not-sent'])
      assert.ok(error.message.startsWith(`${field} `), `"${error.message}" does not begin with "${field} "`)
      for (const shown of [
        error.message,
        error.stack,
        inspect(error, { depth: 9, showHidden: true }),
        JSON.stringify(error),
      ]) {
        assert.doesNotMatch(shown, SECRET)
      }
      return true
    },
  )
  assert.equal(upstream.requests, 0)
}

// A test for each case: the field that is named, the call, and the name if that is another.
export function table(title, cases) {
  for (const [field, call, name = field] of cases) test(`${title}: ${name}`, () => refuses(call, field))
}
