// Promise 22: the package never crashes its process and never holds it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const idle = fileURLToPath(new URL('exit/idle.mjs', import.meta.url))

function run(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', data => {
      output += data
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code, output, at: Date.now() }))
  })
}

test('promise 22: an idle session does not keep a script alive, and calls in flight do', async () => {
  const sandbox = await startSandbox()
  try {
    sandbox.inject({ endpoint: 'account', latencyMs: 400 })
    const { code, output, at } = await run(idle, sandbox.baseUrl, JSON.stringify(sandbox.credentials))
    const [accounts, done] = output.trim().split('\n')
    assert.equal(code, 0)
    assert.equal(accounts, '2')
    assert.ok(at - Number(done) < 1000, `ended ${at - Number(done)} ms after its last line`)
  } finally {
    await sandbox.close()
  }
})

test('promise 22: 200 workers ended in mid-call leave the process and its sessions well', async () => {
  const sandbox = await startSandbox({ quotas: false })
  const workerData = { baseUrl: sandbox.baseUrl, credentials: sandbox.credentials }
  try {
    const session = await tradovate.Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl })
    const round = async () => {
      const worker = new Worker(new URL('worker/mid-call.mjs', import.meta.url), { workerData })
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      await worker.terminate()
    }
    for (let i = 0; i < 50; i += 1) await Promise.all([round(), round(), round(), round()])
    assert.equal((await session.getAccounts()).length, 2)
    assert.equal(sandbox.counts.logins, 1)
    await session.close()
  } finally {
    await sandbox.close()
  }
})

test('promise 22: background failures are events and never unhandled', async () => {
  const sandbox = await startSandbox({ tokenLifetimeMs: 3000, quotas: false })
  const unhandled = []
  const note = reason => unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const session = await tradovate.Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl })
    sandbox.inject({ endpoint: 'renew', status: 500, times: 100 })
    const warning = await new Promise(resolve => session.once('warning', resolve))
    assert.equal(warning.code, 'ERR_TRADOVATE_HTTP')
    await session.close()
    assert.deepEqual(unhandled, [])
  } finally {
    process.off('unhandledRejection', note)
    await sandbox.close()
  }
})
