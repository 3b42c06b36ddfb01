// Calls under way: settled once, dropped on abort, and holding the process for as long as they last.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { after, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import calls from '../lib/calls.js'
import functions from '../lib/functions.js'

const cores = []

// A test that fails in the middle leaves calls that would hold this process; ids without a call are ignored.
after(() => {
  for (const core of cores) for (let id = 1; id <= 50; id += 1) core.settle?.(id, null, null, 0)
})

function table() {
  const core = { bridges: 0, cancelled: [], sent: [] }
  class Bridge {
    constructor(settle) {
      core.bridges += 1
      core.settle = settle
    }
    cancel(id) {
      core.cancelled.push(id)
    }
    getAccessToken(...call) {
      core.sent.push(['getAccessToken', ...call])
    }
    renewAccessToken(...call) {
      core.sent.push(['renewAccessToken', ...call])
    }
    getAccounts(...call) {
      core.sent.push(['getAccounts', ...call])
    }
  }
  cores.push(core)
  return { core, table: new calls.Calls(Bridge) }
}

const heldTimers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

test('a call resolves with its own outcome, whatever the order of settling', async () => {
  const { core, table: t } = table()
  const ids = []
  const first = t.start(id => ids.push(id))
  const second = t.start(id => ids.push(id))
  const bytes = new Uint8Array([1])
  core.settle(ids[1], 'second', null, 0, false, null, bytes)
  core.settle(ids[0], null, '{}', 0, false, null, null)
  assert.deepEqual(await first, { text: null, list: undefined, bytes: null, error: '{}' })
  assert.deepEqual(await second, { text: 'second', list: undefined, bytes, error: null })
})

test('the way back from the core is made in a turn of its own, and lasts until no call and no session needs it', async () => {
  const { core, table: t } = table()
  const ready = t.ready()
  assert.equal(core.bridges, 0)
  const bridge = await ready
  const number = t.wakeups.listen(() => {})
  const ids = []
  const call = t.start((id, given) => ids.push([id, given]))
  core.settle(ids[0][0], null, null, 0)
  await call
  assert.equal(ids[0][1], bridge)
  assert.equal(await t.ready(), bridge)

  const two = [t.start(id => ids.push([id])), t.start(id => ids.push([id]))]
  t.wakeups.leave(number)
  core.settle(ids[1][0], null, null, 0)
  assert.equal(t.bridge, bridge)
  core.settle(ids[2][0], null, null, 0)
  await Promise.all(two)
  assert.equal(core.bridges, 1)
  assert.notEqual(await t.ready(), bridge)
})

test('what arrived is taken in before the call resolves', async () => {
  const { core, table: t } = table()
  const order = []
  let sent
  const call = t
    .start(
      id => {
        sent = id
      },
      undefined,
      generation => order.push(`generation ${generation}`),
    )
    .then(() => order.push('resolved'))
  core.settle(sent, null, null, 7)
  await call
  assert.deepEqual(order, ['generation 7', 'resolved'])
})

test('an id that is unknown or was settled before is ignored', async () => {
  const { core, table: t } = table()
  let sent
  const call = t.start(id => {
    sent = id
  })
  core.settle(sent + 1, 'other', null, 0)
  core.settle(sent, 'own', null, 0)
  core.settle(sent, 'again', null, 0)
  assert.equal((await call).text, 'own')
})

test('a signal that is aborted already rejects with its reason, and nothing is sent', { timeout: 5000 }, async () => {
  const { core, table: t } = table()
  const reason = new Error('before')
  let sends = 0
  const call = t.start(() => {
    sends += 1
  }, AbortSignal.abort(reason))
  await assert.rejects(call, error => error === reason)
  assert.equal(sends, 0)
  assert.deepEqual(core.cancelled, [])
})

test('an abort rejects with its reason, cancels the call, and leaves no listener and no hold', async () => {
  const { core, table: t } = table()
  const before = heldTimers()
  const controller = new AbortController()
  const reason = { any: 'value' }
  let sent
  const call = t.start(id => {
    sent = id
  }, controller.signal)
  assert.equal(getEventListeners(controller.signal, 'abort').length, 1)
  controller.abort(reason)
  await assert.rejects(call, error => error === reason)
  assert.deepEqual(core.cancelled, [sent])
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  assert.equal(heldTimers(), before)
  core.settle(sent, 'late', null, 0)
  assert.equal(heldTimers(), before)
})

test('calls that share a signal share its listener, end with it, and leave none', async () => {
  const { core, table: t } = table()
  const controller = new AbortController()
  const { signal } = controller
  const sent = []
  const pending = Array.from({ length: 20 }, () => t.start(id => sent.push(id), signal))
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  core.settle(sent[0], 'own', null, 0)
  assert.equal((await pending[0]).text, 'own')
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  controller.abort('all')
  const ends = await Promise.allSettled(pending)
  assert.deepEqual(new Set(ends.slice(1).map(({ reason }) => reason)), new Set(['all']))
  assert.deepEqual(core.cancelled, sent.slice(1))
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('a call that settles, and one that cannot be sent, leave no listener and no hold', async () => {
  const { core, table: t } = table()
  const before = heldTimers()
  const { signal } = new AbortController()
  let sent
  const settled = t.start(id => {
    sent = id
  }, signal)
  core.settle(sent, 'x', null, 0)
  await settled
  const unsent = t.start(() => {
    throw new Error('not sent')
  }, signal)
  await assert.rejects(unsent, /not sent/)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  assert.equal(heldTimers(), before)
})

test('the process is held by one timer while any call is pending, and not when idle', async () => {
  const { core, table: t } = table()
  const before = heldTimers()
  for (let round = 0; round < 2; round += 1) {
    const ids = []
    const pending = [t.start(id => ids.push(id)), t.start(id => ids.push(id))]
    assert.equal(heldTimers(), before + 1)
    core.settle(ids[0], null, null, 0)
    assert.equal(heldTimers(), before + 1)
    core.settle(ids[1], null, null, 0)
    await Promise.all(pending)
    assert.equal(heldTimers(), before)
  }
})

test('a failure to take in what arrived rejects the call', async () => {
  const { core, table: t } = table()
  let sent
  const call = t.start(
    id => {
      sent = id
    },
    undefined,
    () => {
      throw new Error('garbled')
    },
  )
  core.settle(sent, null, null, 1)
  await assert.rejects(call, /garbled/)
})

test('the documented functions send what they were given, and answer every field that came', async () => {
  const { core, table: t } = table()
  const { getAccessToken, renewAccessToken, getAccounts } = functions.functionsOver({ calls: t })
  const options = { environment: 'demo', baseUrl: 'http://127.0.0.1:1/v1//', timeoutMs: 5 }

  const asked = getAccessToken({ name: 'n', password: 'p', cid: 0 })
  await turn()
  core.settle(1, '{"accessToken":"t","hibpHint":1}', null, 0)
  assert.deepEqual(await asked, { accessToken: 't', hibpHint: 1 })

  const renewed = renewAccessToken('t', options)
  await turn()
  core.settle(2, '{"accessToken":"u"}', null, 0)
  assert.deepEqual(await renewed, { accessToken: 'u' })

  const listed = getAccounts('t', options)
  await turn()
  core.settle(3, '[{"id":1}]', null, 0)
  assert.deepEqual(await listed, [{ id: 1 }])

  const given = { environment: 'demo', baseUrl: 'http://127.0.0.1:1/v1', timeoutMs: 5 }
  const sent = core.sent.map(([name, id, what, how]) => [name, id, what, JSON.parse(how)])
  assert.deepEqual(sent, [
    [
      'getAccessToken',
      1,
      '{"name":"n","password":"p","cid":0}',
      { environment: 'live', baseUrl: null, timeoutMs: 30_000 },
    ],
    ['renewAccessToken', 2, 't', given],
    ['getAccounts', 3, 't', given],
  ])
})

test('an answer that is no JSON is a ProtocolError that quotes none of it', async () => {
  const { core, table: t } = table()
  const { getAccounts } = functions.functionsOver({ calls: t })
  const call = getAccounts('t')
  await turn()
  core.settle(1, 'secret', null, 0)
  await assert.rejects(call, error => {
    assert.equal(error.code, 'ERR_TRADOVATE_PROTOCOL')
    assert.match(error.message, /^account\/list answered text that is not JSON$/)
    assert.doesNotMatch(error.stack, /secret/)
    return true
  })
})
