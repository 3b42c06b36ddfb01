// session.fetch keeps to the session's rules, and hears an abort.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { at, atSandbox, BODY, fails, refused } from './fetch/sessions.mjs'
import { atHome } from './service/home.mjs'

describe("the session's rules", () => {
  it('promise 10: a 401 for want of a permission is a Response, and costs no login', async () => {
    const { sandbox, session, seen } = await atSandbox()
    sandbox.deny('position/list')
    for (let i = 0; i < 3; i += 1) {
      const response = await session.fetch('/position/list')
      assert.deepEqual([response.status, await response.text()], [401, 'Access is denied'])
    }
    assert.deepEqual([seen('auth/accesstokenrequest').length, seen('auth/renewaccesstoken').length], [1, 1])
    assert.equal(session.status().state, 'active')
    // The first one was sent again after the renewal.
    assert.deepEqual(
      seen('position/list').map(({ generation }) => generation),
      [1, 2, 2, 2],
    )
  })

  it('promises 10 and 12: after an eviction a GET is sent again with the new token, a POST is not', async () => {
    const { sandbox, session, seen } = await atSandbox()
    sandbox.evict()
    const order = await session.fetch('/order/placeorder', { method: 'POST', body: BODY })
    assert.deepEqual([order.status, seen('order/placeorder').length], [401, 1])
    const list = await session.fetch('/account/list')
    assert.equal(list.status, 200)
    assert.equal((await list.json()).length, 2)
    assert.equal(sandbox.counts.logins, 2)
    assert.equal(seen('order/placeorder').length, 1)
    const fills = await session.fetch('/order/placeorder', { method: 'POST', body: BODY })
    assert.ok((await fills.json()).orderId > 0)
  })

  it('promise 10: a GET that met a 503 is sent again after a renewal, and a POST is not', async () => {
    const { sandbox, session, seen } = await atSandbox()
    sandbox.inject({ endpoint: 'account', status: 503 })
    assert.equal((await session.fetch('/account/list')).status, 200)
    assert.deepEqual([seen('account/list').length, seen('auth/renewaccesstoken').length], [2, 1])
    sandbox.inject({ endpoint: 'order/placeorder', status: 503 })
    assert.equal((await session.fetch('/order/placeorder', { method: 'POST', body: BODY })).status, 503)
    assert.equal(seen('order/placeorder').length, 1)
  })

  it('an answer of before is not told as that of the call that was sent again, and lost', async () => {
    const { sandbox, session, seen } = await atSandbox()
    sandbox.inject({ endpoint: 'account', status: 503 })
    sandbox.inject({ endpoint: 'account', fault: 'reset', times: 2 })
    await fails(session.fetch('/account/list'), 'CONNECT', 'unknown')
    assert.equal(seen('account/list').length, 3)
  })

  it('nor as that of a call that was sent again and dropped by close()', async () => {
    const { sandbox, session, seen } = await atSandbox()
    sandbox.inject({ endpoint: 'account', status: 503 })
    sandbox.inject({ endpoint: 'account', fault: 'hang' })
    const call = session.fetch('/account/list')
    while (seen('account/list').length < 2) await new Promise(resolve => setTimeout(resolve, 10))
    await Promise.all([session.close(), fails(call, 'CLOSED', 'unknown')])
  })

  it('a lost session that cannot be taken back: the answer first, then no call', async () => {
    const { sandbox, session, seen } = await atSandbox({ onEviction: 'stop' })
    sandbox.evict()
    assert.equal((await session.fetch('/account/list')).status, 401)
    await fails(session.fetch('/account/list'), 'EVICTED', 'not-sent')
    assert.equal(seen('account/list').length, 1)
  })

  it('promise 7: a penalty on a GET is waited out, and its ticket goes along', async () => {
    const { sandbox, session, seen } = await atSandbox()
    sandbox.inject({ endpoint: 'account', penalty: { seconds: 1 } })
    const response = await session.fetch('/account/list')
    assert.equal((await response.json()).length, 2)
    assert.doesNotMatch(response.url, /ticket/)
    const calls = seen('account/list').map(({ outcome, withTicket }) => [outcome, withTicket])
    assert.deepEqual(calls, [
      ['penalty', undefined],
      ['ok', true],
    ])
  })

  it('promise 7: a penalty for longer than the caller waits is a Response, and stops the next GET before it is sent', async () => {
    const { sandbox, session, seen } = await atSandbox({ timeoutMs: 2000 })
    sandbox.inject({ endpoint: 'account', penalty: { seconds: 60 } })
    const response = await session.fetch('/account/list')
    assert.deepEqual([response.status, (await response.json())['p-time']], [200, 60])
    const error = await fails(session.fetch('/account/list'), 'PENALTY', 'not-sent')
    assert.ok(error.retryAt > new Date())
    assert.equal(seen('account/list').length, 1)
  })

  it('promise 7: a penalty on a POST is a Response, and its ticket goes with the next one', async () => {
    const { sandbox, session, seen } = await atSandbox()
    sandbox.inject({ endpoint: 'order/placeorder', penalty: { seconds: 1 } })
    const order = () => session.fetch('/order/placeorder', { method: 'POST', body: BODY })
    const { 'p-time': seconds } = await (await order()).json()
    await new Promise(resolve => setTimeout(resolve, seconds * 1000 + 100))
    assert.ok((await (await order()).json()).orderId > 0)
    const calls = seen('order/placeorder').map(({ outcome, withTicket }) => [outcome, withTicket])
    assert.deepEqual(calls, [
      ['penalty', undefined],
      ['ok', true],
    ])
  })

  for (const [status, cause] of [
    [429, 'RATE_LIMITED'],
    [423, 'LOCKED_OUT'],
  ]) {
    it(`promise 7: a ${status} is a Response, and stops GETs; a POST is still sent`, async () => {
      const { sandbox, session, seen } = await atSandbox()
      sandbox.inject({ endpoint: 'account', status })
      assert.equal((await session.fetch('/account/list')).status, status)
      const error = await fails(session.fetch('/account/list'), cause, 'not-sent')
      assert.ok(error.retryAt > new Date())
      assert.equal(seen('account/list').length, 1)
      assert.equal((await session.fetch('/order/placeorder', { method: 'POST', body: BODY })).status, 200)
    })
  }

  it('a lost connection and silence reject, and say what became of the call', async () => {
    const { upstream, session } = await at(
      (request, response) => {
        if (request.url.endsWith('/lost')) response.destroy()
      },
      { timeoutMs: 1000 },
    )
    const post = { method: 'POST', body: '{}' }
    await fails(session.fetch('/a/lost', post), 'CONNECT', 'unknown')
    await fails(session.fetch('/a/mute', post), 'TIMEOUT', 'unknown')
    assert.equal(upstream.requests.length, 2)
    await session.close()
    await fails(session.fetch('/a/b'), 'CLOSED', 'not-sent')
    await fails(session.fetch(`${upstream.baseUrl}/a/b`), 'CLOSED', 'not-sent')
    assert.equal(upstream.requests.length, 2)
  })
})

describe('an abort', () => {
  /** A session whose calls are never answered; `came` resolves when the next one is there. */
  async function mute() {
    let come
    const { upstream, session } = await at(() => come())
    const came = () =>
      new Promise(resolve => {
        come = resolve
      })
    return { upstream, session, came }
  }

  it('before the call rejects with the reason, and nothing is sent', async () => {
    const { upstream, session } = await mute()
    const reason = new Error('mine')
    const signal = AbortSignal.abort(reason)
    await assert.rejects(session.fetch('/a/b', { signal }), error => error === reason)
    await assert.rejects(session.fetch(new Request(`${upstream.baseUrl}/a/b`, { signal })), error => error === reason)
    const endless = { method: 'POST', body: new ReadableStream({}), signal }
    await assert.rejects(session.fetch('/a/b', endless), error => error === reason)
    assert.deepEqual(upstream.requests, [])
  })

  it('in the middle rejects with the reason, and leaves no listener; null is no signal', async () => {
    const { upstream, session, came } = await mute()
    for (const makesRequest of [false, true]) {
      const aborter = new AbortController()
      const reason = { any: 'value' }
      const init = { signal: aborter.signal }
      const arriving = came()
      const url = `${upstream.baseUrl}/a/b`
      const call = makesRequest ? session.fetch(new Request(url, init)) : session.fetch(url, init)
      await arriving
      aborter.abort(reason)
      await assert.rejects(call, error => error === reason)
      if (!makesRequest) assert.equal(getEventListeners(aborter.signal, 'abort').length, 0)
    }
    const { session: answered, upstream: other } = await at()
    const gone = AbortSignal.abort()
    const request = new Request(`${other.baseUrl}/a/b`, { signal: gone })
    assert.equal((await answered.fetch(request, { signal: null })).status, 200)
    assert.equal((await answered.fetch(request, { signal: new AbortController().signal })).status, 200)
  })

  it('is heard through a Request that nobody else holds, after a garbage collection', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc')
    const { upstream, session, came } = await mute()
    const aborter = new AbortController()
    const arriving = came()
    const call = session.fetch(new Request(`${upstream.baseUrl}/a/b`, { signal: aborter.signal }))
    await arriving
    for (let i = 0; i < 4; i += 1) {
      collect()
      await new Promise(resolve => setImmediate(resolve))
    }
    aborter.abort(new Error('mine'))
    await assert.rejects(call, { message: 'mine' })
  })

  it('has one listener on a signal, however many bodies are read', async () => {
    const { upstream, session } = await at()
    const aborter = new AbortController()
    const bodies = Array.from({ length: 12 }, () => {
      let send
      const body = new ReadableStream({
        start: controller => {
          send = () => {
            controller.enqueue(Buffer.from('{}'))
            controller.close()
          }
        },
      })
      return { body, send }
    })
    const calls = bodies.map(({ body }) => session.fetch('/a/b', { method: 'POST', body, signal: aborter.signal }))
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(getEventListeners(aborter.signal, 'abort').length, 1)
    for (const { send } of bodies.slice(1)) send()
    await Promise.all(calls.slice(1))
    const reason = new Error('mine')
    aborter.abort(reason)
    await assert.rejects(calls[0], error => error === reason)
    assert.equal(getEventListeners(aborter.signal, 'abort').length, 0)
    assert.equal(upstream.requests.length, 11)
  })

  it('by AbortSignal.timeout() is a TimeoutError, as with fetch', async () => {
    const { session, came } = await mute()
    came()
    await assert.rejects(session.fetch('/a/b', { signal: AbortSignal.timeout(100) }), { name: 'TimeoutError' })
  })
})

it('it needs no this, and shows nowhere', async () => {
  const { session } = await at()
  const { fetch } = session
  assert.equal((await fetch('/a/b')).status, 200)
  assert.equal((await [fetch].map(each => each('/a/b'))[0]).status, 200)
  assert.doesNotMatch(inspect(session) + JSON.stringify(session), /fetch/)
})

it('a TokenClient has it, with the token of the service', () =>
  atHome({}, async ({ sandbox, socket, open, connect }) => {
    const session = await open({ environment: 'demo' })
    await session.serve(socket)
    const { fetch } = await connect(socket)
    const before = sandbox.counts.logins
    assert.equal((await (await fetch(`${sandbox.baseUrl}/account/list`)).json()).length, 2)
    await refused(fetch('https://demo.tradovateapi.com/v1/account/list'))
    sandbox.evict()
    assert.equal((await fetch('/account/list')).status, 200)
    assert.equal(sandbox.counts.logins, before + 1)
  }))
