// What a bot that opens and closes sessions all its life leaves behind: nothing.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const { connect, Session } = tradovate

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

// `use` opens and closes something, and gives what must be free afterwards.
async function assertCollected(use) {
  const left = new Set()
  const registry = new FinalizationRegistry(number => left.delete(number))
  for (let number = 0; number < 20; number += 1) {
    registry.register(await use(), number)
    left.add(number)
  }
  const deadline = Date.now() + 20_000
  while (left.size > 0 && Date.now() < deadline) {
    collect()
    await pause(20)
  }
  assert.equal(left.size, 0, `${left.size} of 20 are held by something`)
}

const closed = opening => async () => {
  const opened = await opening()
  await opened.close()
  return opened
}

async function within(run) {
  const sandbox = await startSandbox({ tokenLifetimeMs: 8000 })
  const folder = await mkdtemp(join(tmpdir(), 'tradovate-session-'))
  try {
    await run(sandbox, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } }, folder)
  } finally {
    await sandbox.close()
    await rm(folder, { recursive: true })
  }
}

test('promise 22: a closed session is held by nothing', () =>
  within(async ({ credentials }, settings) => {
    await assertCollected(closed(() => Session.open(credentials, settings)))
    await assertCollected(closed(() => Session.open(() => credentials, settings)))
  }))

test('promise 22: a session that could not be opened is held by nothing', () =>
  within(async ({ credentials }, settings) => {
    await assertCollected(async () => {
      // The session would hold it.
      const ask = () => ({ ...credentials, name: 'nobody' })
      await assert.rejects(Session.open(ask, settings), { code: 'ERR_TRADOVATE_CREDENTIALS' })
      return ask
    })
  }))

test('promise 22: a closed service and a closed dependent are held by nothing', () =>
  within(async ({ credentials }, settings, folder) => {
    const session = await Session.open(credentials, settings)
    const address = { port: 0, secretFile: join(folder, 'secret') }
    await assertCollected(closed(() => session.serve(address)))
    const service = await session.serve(address)
    await assertCollected(closed(() => connect(service.address)))
    await session.close()
  }))

test('the last that a session tells is that it is closed, however many close at once', () =>
  within(async ({ credentials }, settings) => {
    const sessions = await Promise.all(Array.from({ length: 200 }, () => Session.open(credentials, settings)))
    const last = new Map()
    for (const session of sessions) session.on('status', ({ state }) => last.set(session, state))
    await Promise.all(sessions.map(session => session.close()))
    await pause(0)
    assert.deepEqual(
      sessions.filter(session => last.get(session) !== 'closed'),
      [],
    )
  }))

test('promise 22: an open session that nobody holds goes on telling', { timeout: 30_000 }, () =>
  within(async ({ credentials }, settings) => {
    const told = new Promise(resolve => {
      Session.open(credentials, settings).then(session => {
        session.on('token', ({ generation }) => generation === 2 && resolve(() => session.close()))
      })
    })
    const collecting = setInterval(collect, 200)
    const close = await told
    clearInterval(collecting)
    await close()
  }),
)
