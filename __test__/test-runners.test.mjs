// What test runners do to a program, done here without one: timers and clocks are faked, and each test file is loaded into a realm of
// its own, with globals and classes of its own, beside others in one process. "npm run installs" runs the runners themselves.

import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { after, mock, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import vm from 'node:vm'
import tradovate from '../index.js'
import startedHere from '../sandbox/index.js'
import { root } from '../scripts/addon.mjs'
import { stateHome } from './own-state.mjs'

const DAY_MS = 86_400_000
const memory = { type: 'memory' }
const opened = []

after(() => Promise.all(opened.map(each => each.close())))

async function open({ Session }, { startSandbox }, options) {
  const sandbox = await startSandbox(options)
  opened.push(sandbox)
  const session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: memory })
  opened.push(session)
  return { sandbox, session }
}

/** A realm into which files of the package are loaded, as Jest does: what is not the package's own comes from this one. */
function realm() {
  const context = vm.createContext({ AbortController, AbortSignal, Buffer, URL, process, queueMicrotask })
  const loaded = new Map()
  function load(file) {
    if (!file.startsWith(root) || !file.endsWith('.js')) return createRequire(import.meta.url)(file)
    if (!loaded.has(file)) {
      const module = { exports: {} }
      loaded.set(file, module)
      const names = ['module', 'exports', 'require', '__filename', '__dirname']
      const options = { filename: file, parsingContext: context }
      const run = vm.compileFunction(readFileSync(file, 'utf8'), names, options)
      const { resolve } = createRequire(file)
      run(module, module.exports, name => load(resolve(name)), file, dirname(file))
    }
    return loaded.get(file).exports
  }
  const run = text => vm.runInContext(text, context)
  return { run, package: () => load(join(root, 'index.js')), sandbox: () => load(join(root, 'sandbox', 'index.js')) }
}

/** Stops what a realm tells the time by, and waits by. */
const FAKES = `
  const RealDate = Date
  const stopped = RealDate.now()
  globalThis.Date = class extends RealDate {
    constructor(...given) { super(...(given.length > 0 ? given : [stopped])) }
    static now() { return stopped }
  }
  globalThis.performance = { now: () => 0 }
  for (const name of ['queueMicrotask', 'setTimeout', 'setInterval', 'setImmediate']) globalThis[name] = () => {}
  globalThis.process = { ...process, nextTick() {} }
`

async function renewed(session, sandbox) {
  const heard = []
  session.on('token', ({ how }) => heard.push(how))
  session.on('warning', warning => heard.push(warning.message))
  while (session.status().renewals === 0) await once(session, 'token')
  await session.getAccounts()
  await session.getAccessToken()
  assert.deepEqual(
    heard.filter(how => how !== 'login'),
    ['renewal'],
  )
  assert.equal(sandbox.counts.logins, 1)
}

test('renewals and events go on under the fake timers of node:test, and a day that they skip ends no token', async () => {
  const { sandbox, session } = await open(tradovate, startedHere, { tokenLifetimeMs: 2500 })
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'], now: Date.now() })
  try {
    mock.timers.tick(DAY_MS)
    assert.equal(typeof session.accessToken, 'string')
    await renewed(session, sandbox)
  } finally {
    mock.timers.reset()
  }
})

test('they go on where everything was faked before the package was loaded', async () => {
  const file = realm()
  file.run(FAKES)
  const { sandbox, session } = await open(file.package(), file.sandbox(), { tokenLifetimeMs: 2500 })
  await renewed(session, sandbox)
})

test('each realm has classes of its own, takes its own values, and works beside the others', async () => {
  for (const { session, sandbox, file } of await Promise.all([inRealm(), inRealm()])) {
    const own = file.package()
    assert.notEqual(own.Session, tradovate.Session)
    sandbox.deny('position/list')
    const refused = await session.request('GET', 'position/list').catch(error => error)
    assert.ok(refused instanceof own.SessionError && refused instanceof file.run('Error'))
    assert.equal(refused.code, 'ERR_TRADOVATE_UNAUTHORIZED')
    const accounts = await session.getAccounts()
    assert.ok(accounts instanceof file.run('Array') && session.status().expiresAt instanceof file.run('Date'))
    const key = file.run('new Uint8Array(32)')
    const options = { baseUrl: sandbox.baseUrl, store: { type: 'file', key } }
    const sealed = await own.Session.open(
      file.run('credentials => async () => credentials')(sandbox.credentials),
      options,
    )
    await sealed.close()
  }
})

async function inRealm() {
  const file = realm()
  return { file, ...(await open(file.package(), file.sandbox())) }
}

test('a realm is freed once its sessions are closed', async () => {
  setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc')
  const used = await usedUp()
  for (let i = 0; i < 50 && used.deref(); i += 1) {
    await turn()
    collect()
  }
  assert.equal(used.deref(), undefined)
})

/** What a realm holds whose session and calls have come and gone. */
async function usedUp() {
  const file = realm()
  const sandbox = await startedHere.startSandbox()
  opened.push(sandbox)
  const { Session, getAccounts } = file.package()
  const session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: memory })
  await session.getAccounts()
  await getAccounts(session.accessToken, { baseUrl: sandbox.baseUrl })
  await session.close()
  await sandbox.close()
  return new WeakRef(file.run('globalThis.held = {}'))
}

test('nothing that a runner would count as a handle is made in the turn of a test', async () => {
  const sandbox = await startedHere.startSandbox()
  opened.push(sandbox)
  const made = []
  const hook = createHook({ init: (_id, type) => type.startsWith('napi') && made.push(type) }).enable()
  try {
    const file = realm()
    const { Session, bindService, connect, getAccounts, storedStatus } = file.package()
    const { baseUrl, credentials } = sandbox
    const calls = [
      Session.open(credentials, { baseUrl, store: memory }),
      getAccounts('none', { baseUrl }),
      storedStatus(credentials, { baseUrl, store: memory }),
      bindService({ socketPath: join(stateHome, 'service', 'token.sock') }),
      connect({ socketPath: join(stateHome, 'none.sock'), timeoutMs: 1 }),
    ]
    assert.deepEqual(made, [])
    const [session, , , bound] = await Promise.allSettled(calls)
    assert.ok(made.length > 0)
    await session.value.close()
    await bound.value.close()
  } finally {
    hook.disable()
  }
})
