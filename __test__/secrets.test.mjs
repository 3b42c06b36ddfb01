// Promise 25: no secret in any output, whatever fails and however it is printed.

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '../sandbox/index.js'
import { Canaries } from '../scripts/canaries.mjs'
import './own-state.mjs'

const SCRIPT = fileURLToPath(new URL('secrets/loud.mjs', import.meta.url))

const PASSWORD = 'password-of-no-worth'
const SEC = 'sec-of-no-worth'

// Answers that hand back what was sent, as careless servers do; each for a user of its own.
function faults() {
  const echo = JSON.stringify({ errorText: `No: ${PASSWORD} ${SEC}`, password: PASSWORD, sec: SEC })
  return [
    { endpoint: 'any', status: 500, body: echo },
    { endpoint: 'any', status: 200, body: echo },
    { endpoint: 'any', status: 400, body: echo },
    { endpoint: 'any', status: 403, body: echo },
    { endpoint: 'any', status: 401, body: echo },
    { endpoint: 'any', fault: 'garbage' },
    { endpoint: 'any', fault: 'truncate' },
    { endpoint: 'any', fault: 'reset' },
    { endpoint: 'any', fault: 'hang' },
    { endpoint: 'any', penalty: { seconds: 1 } },
    { endpoint: 'any', penalty: { seconds: 1, captcha: true } },
    { endpoint: 'any', status: 423, body: echo },
  ].map(fault => ({ ...fault, times: 3 }))
}

test('promise 25: a bot that prints all that it can get shows no secret', async () => {
  const cases = faults().map((fault, i) => ({
    fault,
    user: { name: `user-${i}`, password: PASSWORD, cid: i + 1, sec: SEC },
  }))
  const sandbox = await startSandbox({ quotas: false, users: cases.map(({ user }) => user) })
  try {
    const env = { ...process.env, RUST_BACKTRACE: '1', NODE_DEBUG: 'net,http,tls', TRADOVATE_SESSION_LOG: 'trace' }
    const child = fork(SCRIPT, { execArgv: ['--trace-warnings'], env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const canaries = new Canaries()
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        printed += text
        canaries.watch(text)
      })
    }
    child.on('message', question => {
      if (question === 'faults') child.send(cases)
      else {
        if (question.inject) sandbox.inject(question.inject)
        else sandbox.clearFaults()
        child.send('done')
      }
    })
    child.send({ baseUrl: sandbox.baseUrl, credentials: sandbox.credentials })
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
    assert.equal(code, 0, printed.slice(-2000))
    for (const what of [
      'ERR_TRADOVATE_CREDENTIALS',
      'ERR_TRADOVATE_HTTP',
      'ERR_TRADOVATE_CAPTCHA',
      'ERR_TRADOVATE_LOCKED_OUT',
      'diagnostics',
      "operation: 'renewal'",
    ]) {
      assert.ok(printed.includes(what), `${what} was never printed`)
    }
    assert.deepEqual(canaries.found, [])
  } finally {
    await sandbox.close()
  }
})
