// Promise 22: a bot that has computed for seconds while its token was renewed is told no old news.

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { computeAndRead, open } from './busy/bot.mjs'
import './own-state.mjs'

const file = name => fileURLToPath(new URL(`busy/${name}`, import.meta.url))

async function withTradovate(run) {
  const folder = await mkdtemp(join(tmpdir(), 'busy-'))
  const socketPath = join(folder, 'token.sock')
  const child = fork(file('tradovate.mjs'), [socketPath])
  try {
    const [{ baseUrl, credentials }] = await once(child, 'message')
    await run({ session: { baseUrl, credentials }, dependent: { baseUrl, socketPath } })
  } finally {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  }
}

const NEW = { isNew: true, agree: true, later: 1, heardWithin: [], heard: [1], status: 200 }

for (const kind of ['session', 'dependent']) {
  test(`promise 22: the reads of a ${kind} agree on the newest token, and its event comes in its turn`, () =>
    withTradovate(async given => {
      const source = await open(given[kind])
      try {
        assert.deepEqual(await computeAndRead(source, given[kind]), NEW)
      } finally {
        await source.close()
      }
    }))

  test(`promise 22: those of a ${kind} in a worker do too, and the worker may be terminated`, () =>
    withTradovate(async given => {
      const worker = new Worker(file('bot.mjs'), { workerData: given[kind] })
      const [found] = await once(worker, 'message')
      assert.deepEqual(found, NEW)
      await worker.terminate()
    }))
}
