// The core's log: on diagnostics_channel for whoever asks, and silent otherwise.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const SCRIPT = fileURLToPath(new URL('log/lines.mjs', import.meta.url))

async function logged(level) {
  const sandbox = await startSandbox()
  try {
    const env = { ...process.env, TRADOVATE_SESSION_LOG: level }
    const child = spawn(process.execPath, [SCRIPT, sandbox.baseUrl, JSON.stringify(sandbox.credentials)], { env })
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', text => {
        texts[name] += text
      })
    }
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
    assert.equal(code, 0, texts.stderr)
    const lines = texts.stdout.split('\n').filter(Boolean)
    return { lines: lines.map(line => JSON.parse(line)), stderr: texts.stderr }
  } finally {
    await sandbox.close()
  }
}

test('a level makes the core tell what it does, on the channel and nowhere else', async () => {
  const { lines, stderr } = await logged('debug')
  assert.equal(stderr, '')
  const found = message => lines.find(line => line.message === message)
  assert.deepEqual(
    { level: found('a new token').level, how: found('a new token').how, generation: found('a new token').generation },
    { level: 'info', how: 'login', generation: 1 },
  )
  assert.equal(found('failed')['endpoint.path'], 'no/such')
  assert.ok(lines.every(line => line.target.startsWith('tradovate_session')))
})

test('a level leaves out what is below it', async () => {
  const { lines } = await logged('info')
  assert.ok(lines.length > 0)
  assert.ok(lines.every(line => line.level !== 'debug'))
})

test('without a level nothing is logged, and a level that is none is told of', async () => {
  const silent = await logged('')
  assert.deepEqual(silent, { lines: [], stderr: '' })
  const wrong = await logged('loud')
  assert.deepEqual(wrong.lines, [])
  assert.match(wrong.stderr, /TRADOVATE_SESSION_LOG must be one of error, warn, info, debug, trace/)
})
