// Promise 27: every failure of an order, from a refused connection to a reset after the answer's first byte, says what became of
// it.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import tradovate from '../index.js'
import { freePort } from '../scripts/free-port.mjs'
import { answer, hangingPort, onConnection, Upstream } from './outcomes/upstream.mjs'

// Read when the first client is made.
process.env.NODE_EXTRA_CA_CERTS = fileURLToPath(new URL('tls/authority.pem', import.meta.url))

const { getAccessToken, Session, TradovateError } = tradovate
const ORDER = { accountId: 1, symbol: 'ESZ6', orderQty: 1, action: 'Buy', orderType: 'Market' }
const CREDENTIALS = { name: 'n', password: 'canary-password' }

const closing = []
after(() => {
  for (const each of closing) each.close()
})
const kept = each => {
  closing.push(each)
  return each
}

async function open(baseUrl, options) {
  const settings = { baseUrl, environment: 'demo', store: { type: 'memory' }, timeoutMs: 5000, ...options }
  return kept(await Session.open(CREDENTIALS, settings))
}

/** A session whose orders meet this. */
async function against(does, options) {
  const upstream = kept(await Upstream.start(does, options))
  const session = await open(options?.tls ? `https://localhost:${upstream.port}/v1` : upstream.baseUrl)
  return { upstream, session }
}

/** A session whose `mdDemo` is at this port of the same address. */
async function withOrdersAt(port, { tls = false } = {}) {
  const address = tls ? 'localhost' : '127.0.0.1'
  const { session } = await against(() => {}, { hosts: { mdDemo: `${address}:${port}` }, tls })
  return session
}

const order = (session, options) => session.request('POST', 'order/placeorder', { body: ORDER, ...options })
const elsewhere = { purpose: 'mdDemo' }

async function fails(call, cause, outcome, message = /./) {
  const error = await call.then(
    () => assert.fail('it was done'),
    reason => reason,
  )
  assert.ok(error instanceof TradovateError, `${error.stack}`)
  assert.deepEqual([error.code, error.outcome], [`ERR_TRADOVATE_${cause}`, outcome], error.message)
  assert.match(error.message, message)
  return error
}

describe('promise 27: an order that no server can have is not-sent', () => {
  it('a refused connection', async () => {
    const session = await withOrdersAt(await freePort())
    await fails(order(session, elsewhere), 'CONNECT', 'not-sent')
  })

  it('a name that nobody knows', async () => {
    const login = getAccessToken(CREDENTIALS, { baseUrl: 'https://nowhere.invalid/v1', timeoutMs: 20_000 })
    await fails(login, 'CONNECT', 'not-sent')
  })

  it('a server that speaks no TLS', async () => {
    const { port } = kept(await onConnection(socket => socket.end('HTTP/1.1 400 x\r\n\r\n')))
    const session = await withOrdersAt(port, { tls: true })
    await fails(order(session, elsewhere), 'CONNECT', 'not-sent')
  })

  it('a TLS handshake that never ends', async () => {
    const { port } = kept(await onConnection(() => {}))
    const session = await withOrdersAt(port, { tls: true })
    await fails(order(session, { ...elsewhere, timeoutMs: 300 }), 'TIMEOUT', 'not-sent')
  })

  it('a connection that hangs before it is made, for longer than the caller waits', {
    skip: process.platform !== 'linux' && 'other systems queue differently',
  }, async () => {
    const { port } = kept(await hangingPort())
    const session = await withOrdersAt(port)
    await fails(order(session, { ...elsewhere, timeoutMs: 300 }), 'TIMEOUT', 'not-sent')
  })
})

describe('promise 27: an order that was sent, and whose answer did not come, is unknown', () => {
  const lost = {
    'a reset after the request was read': socket => socket.resetAndDestroy(),
    'an end after the request was read': socket => socket.end(),
    "a reset after the answer's first byte": socket => socket.write('H', () => socket.resetAndDestroy()),
    'a reset in the body of a 200': socket =>
      socket.write(answer(200, 'x'.repeat(99)).slice(0, -9), () => socket.destroy()),
  }
  for (const [name, does] of Object.entries(lost)) {
    it(name, async () => {
      const { upstream, session } = await against(does)
      await fails(order(session), 'CONNECT', 'unknown')
      assert.equal(upstream.calls.get('order/placeorder'), 1)
    })
  }

  it('silence until the timeout', async () => {
    const { upstream, session } = await against(() => {})
    await fails(order(session, { timeoutMs: 300 }), 'TIMEOUT', 'unknown')
    assert.equal(upstream.calls.get('order/placeorder'), 1)
  })

  for (const status of [408, 500, 502, 503, 504]) {
    it(`a ${status}, behind which it may go on`, async () => {
      const { upstream, session } = await against(socket => socket.end(answer(status)))
      const error = await fails(order(session), 'HTTP', 'unknown')
      assert.equal(error.status, status)
      assert.equal(upstream.calls.get('order/placeorder'), 1)
    })
  }

  it('a 200 that makes no sense', async () => {
    const { session } = await against(socket => socket.end(answer(200, '<html>')))
    await fails(order(session), 'PROTOCOL', 'unknown')
  })

  const PLACED = /look for the order by its clOrdId before you place another$/
  const CHANGED = /look at the order before you send that again$/
  for (const [path, id, advice] of [
    ['order/placeorder', 'orderId', PLACED],
    ['order/PlaceOrder', 'orderId', PLACED],
    ['order/placeoco', 'orderId', PLACED],
    ['order/placeoso', 'orderId', PLACED],
    ['order/modifyorder', 'commandId', CHANGED],
    ['order/cancelorder', 'commandId', CHANGED],
    ['orderStrategy/startorderstrategy', 'orderStrategy', /strategy by its uuid before you start another$/],
  ]) {
    it(`a 200 of ${path} that has neither ${id} nor a refusal`, async () => {
      let text
      const { session } = await against(socket => socket.end(answer(200, text)))
      const send = () => session.request('POST', path, { body: ORDER })
      for (text of ['{}', '[]', '"x"', 'null', '', '{"failureReason":""}', `{"${id}":null}`]) {
        const error = await fails(send(), 'PROTOCOL', 'unknown', advice)
        assert.equal(error.status, 200, text)
      }
      const good = { [id]: id === 'orderStrategy' ? { id: 7 } : 7 }
      text = JSON.stringify(good)
      assert.deepEqual(await send(), good)
    })
  }

  it('a reset before anything was read is either: the system may have taken the bytes, or not', async () => {
    const { port } = kept(await onConnection(socket => socket.resetAndDestroy()))
    const session = await withOrdersAt(port)
    const error = await order(session, elsewhere).catch(reason => reason)
    assert.equal(error.code, 'ERR_TRADOVATE_CONNECT')
    assert.ok(['not-sent', 'unknown'].includes(error.outcome), error.outcome)
  })
})

describe('promise 27: an order that the server refused is answered', () => {
  const violations = { violations: [{ constraint: 'max', value: 'x', description: 'too long' }] }
  for (const [name, bytes, cause, status, message] of [
    [
      '200 with a failureReason',
      answer(200, { failureReason: 'RiskCheckTimeout', failureText: 'too late' }),
      'REJECTED',
      undefined,
      /too late/,
    ],
    ['200 with an errorText', answer(200, { errorText: 'no such account' }), 'REJECTED', undefined, /no such account/],
    ['200 with violations', answer(200, violations), 'VIOLATION'],
    ['400', answer(400, 'Missing or malformed parameter: id'), 'REJECTED', 400, /malformed parameter: id/],
    ['400 whose body is cut short', answer(400, 'x'.repeat(99)).slice(0, -9), 'REJECTED', 400],
    ['401', answer(401, 'Access is denied'), 'UNAUTHORIZED', 401, /Access is denied/],
    ['403', answer(403), 'FORBIDDEN', 403],
    ['404', answer(404), 'NOT_FOUND', 404],
    ['423', answer(423), 'LOCKED_OUT', 423],
    ['429', answer(429), 'RATE_LIMITED', 429],
    ['a redirect', answer(307, '', ['Location: http://127.0.0.1:1/']), 'PROTOCOL', 307],
    ['a penalty', answer(200, { 'p-ticket': 'canary-ticket', 'p-time': 15 }), 'PENALTY'],
    ['a captcha', answer(200, { 'p-ticket': 'canary-ticket', 'p-time': 15, 'p-captcha': true }), 'CAPTCHA'],
  ]) {
    it(name, async () => {
      const { upstream, session } = await against(socket => socket.end(bytes))
      const error = await fails(order(session), cause, 'answered', message)
      assert.equal(error.status, status)
      assert.equal(error.failureReason, name === '200 with a failureReason' ? 'RiskCheckTimeout' : undefined)
      assert.equal(upstream.calls.get('order/placeorder'), 1)
    })
  }
})

describe('promise 27: an order for which there is no token is not-sent', () => {
  async function lacking(prepare, options) {
    const upstream = kept(await Upstream.start(socket => socket.end(answer(401))))
    upstream.lifeMs = options?.lifeMs ?? upstream.lifeMs
    const session = await open(upstream.baseUrl, options?.session)
    await prepare(session, upstream)
    const before = upstream.calls.get('order/placeorder') ?? 0
    return { session, sent: () => (upstream.calls.get('order/placeorder') ?? 0) - before }
  }

  it('expired', async () => {
    const { session, sent } = await lacking(
      async (opened, upstream) => {
        upstream.auth = () => answer(503)
        await new Promise(resolve => opened.on('status', ({ state }) => state === 'waiting' && resolve()))
        // The server tells its time to the second: an answer of a moment later may set the clock back by so much.
        await new Promise(resolve => setTimeout(resolve, 1000))
      },
      { lifeMs: 1000 },
    )
    await fails(order(session, { timeoutMs: 200 }), 'EXPIRED', 'not-sent')
    assert.equal(sent(), 0)
  })

  it('closed', async () => {
    const { session, sent } = await lacking(opened => opened.close())
    await fails(order(session), 'CLOSED', 'not-sent')
    assert.equal(sent(), 0)
  })

  it('evicted, where evictions are left at that', async () => {
    const { session, sent } = await lacking(
      async (opened, upstream) => {
        upstream.refuseRenewals = true
        await opened.request('GET', 'order/list').catch(() => {})
      },
      { session: { onEviction: 'stop' } },
    )
    await fails(order(session), 'EVICTED', 'not-sent')
    assert.equal(sent(), 0)
  })

  it('contended', async () => {
    const { session, sent } = await lacking(async (opened, upstream) => {
      upstream.refuseRenewals = true
      for (let i = 0; i < 2; i += 1) await opened.request('GET', 'order/list').catch(() => {})
    })
    await fails(order(session), 'CONTENDED', 'not-sent')
    assert.equal(sent(), 0)
  })
})

it('an answer without an id is a result where none is promised: no position, no order', async () => {
  const { session } = await against(socket => socket.end(answer(200, {})))
  const body = { accountId: 1, contractId: 2, admin: false }
  for (const path of ['order/liquidateposition', 'order/liquidatepositions', 'orderStrategy/interruptorderstrategy']) {
    assert.deepEqual(await session.request('POST', path, { body }), {})
  }
  const { status } = await session.fetch('/order/placeorder', { method: 'POST', body: '{}' })
  assert.equal(status, 200)
})

it('an order that cannot be made of what was given is not-sent', async () => {
  const { upstream, session } = await against(() => {})
  await fails(session.request('POST', 'order placeorder'), 'CONFIG', 'not-sent')
  await fails(order(session, { timeoutMs: 0 }), 'CONFIG', 'not-sent')
  assert.equal(upstream.calls.get('order/placeorder'), undefined)
})

it('close() lets an order end as it would have, and drops a GET, of which nobody knows', async () => {
  let came
  const coming = new Promise(resolve => {
    came = resolve
  })
  const waiting = []
  const { session } = await against((socket, path) => {
    waiting.push([socket, path])
    if (waiting.length === 2) came()
  })
  const [placing, listing] = [order(session), session.request('GET', 'order/list')]
  listing.catch(() => {})
  await coming
  const closed = session.close()
  await fails(listing, 'CLOSED', 'unknown')
  for (const [socket, path] of waiting) if (path === 'order/placeorder') socket.end(answer(200, { orderId: 7 }))
  assert.deepEqual(await placing, { orderId: 7 })
  await closed
})
