// A core that only does what the test says, and sessions over it.

import { after } from 'node:test'
import calls from '../../lib/calls.js'
import session from '../../lib/session.js'

export const CREDENTIALS = { name: 'n', password: 'canary-password', sec: 'canary-sec' }
export const MINUTES = 60_000

export function tokenOf(generation) {
  const [accessToken, mdAccessToken] = [`canary-token-${generation}`, `canary-md-${generation}`]
  return { accessToken, mdAccessToken, expirationTime: '2030-01-01T00:00Z', generation, userId: 5 }
}

export function snapshotOf(generation) {
  const token = generation ? tokenOf(generation) : null
  return { token, remainingMs: 80 * MINUTES, freshMs: 79 * MINUTES, lack: null, events: [], asks: [] }
}

const cores = []

// A test that fails in the middle leaves calls that would hold this process; ids without a call are ignored.
after(() => {
  for (const core of cores) for (let id = 1; id <= 50; id += 1) core.settleId?.(id, null, null, 0)
})

// The core: `started` has the calls, `settle(name, …)` ends the oldest open one of that name, `snapshot` is what is next taken.
export function fakeCore() {
  const core = {
    started: [],
    cancelled: [],
    answers: [],
    snapshots: 0,
    changes: new Uint32Array(1),
    snapshot: snapshotOf(1),
  }
  class Bridge {
    constructor(settle, wake) {
      core.bridge = this
      core.settleId = settle
      core.wake = wake
    }
    cancel(id) {
      core.cancelled.push(id)
    }
  }
  class SessionHandle {
    constructor(_bridge, number) {
      core.wakeOwner = () => core.wake(number)
    }
    changes() {
      return core.changes
    }
    setTraced(isTraced) {
      core.isTraced = isTraced
    }
    snapshot() {
      core.snapshots += 1
      const text = JSON.stringify(core.snapshot)
      core.snapshot = { ...core.snapshot, events: [], asks: [] }
      return text
    }
    host(purpose) {
      const host = `${purpose}.example`
      const [baseUrl, firstBaseUrl] = ['', 'first-'].map(first => `https://${first}${host.toLowerCase()}/v1`)
      return JSON.stringify({ host, webSocketUrl: `wss://${host}/v1/websocket`, baseUrl, firstBaseUrl })
    }
    status() {
      const counts = { clockOffsetMs: 3, logins: 1, renewals: 0, adoptions: 0, failures: 0 }
      return JSON.stringify({ state: 'active', environment: 'demo', generation: 1, expiresAt: 1000, ...counts })
    }
    provide(ask, credentials) {
      core.answers.push(['provide', ask, JSON.parse(credentials)])
    }
    decline(ask, reason) {
      core.answers.push(['decline', ask, reason])
    }
  }
  for (const name of ['open', 'token', 'renew', 'resume', 'request', 'fetch', 'close', 'ended']) {
    SessionHandle.prototype[name] = (id, ...details) => core.started.push({ name, id, details })
  }
  core.of = name => core.started.filter(call => call.name === name)
  core.settle = (name, { text = null, error = null, generation = core.snapshot.token?.generation ?? 0 } = {}) => {
    const call = core.of(name).find(({ ended }) => !ended)
    call.ended = true
    core.settleId(call.id, text, error && JSON.stringify(error), generation)
  }
  cores.push(core)
  core.Session = session.sessionOver({ calls: new calls.Calls(Bridge), SessionHandle }).Session
  return core
}

export const turn = () => new Promise(resolve => setImmediate(resolve))

export async function opened(options = { environment: 'demo' }, credentials = CREDENTIALS) {
  const core = fakeCore()
  const opening = core.Session.open(credentials, options)
  await turn()
  core.settle('open')
  return { core, session: await opening }
}

export function openedWith(core) {
  const [config, credentials, storeKey] = core.of('open')[0].details
  return { config: JSON.parse(config), credentials: JSON.parse(credentials), storeKey }
}

export const errorJson = (cause, rest = {}) => ({
  code: `ERR_TRADOVATE_${cause}`,
  message: cause,
  needsPerson: false,
  ...rest,
})
export const withCode = cause => ({ code: `ERR_TRADOVATE_${cause}` })
export const heldTimers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
