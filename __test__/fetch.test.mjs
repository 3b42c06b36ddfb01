// session.fetch: what it takes, where it goes, and what comes back.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { opened } from './facade/core.mjs'
import { at, atSandbox, BODY, fails, kept, ORDER, refused } from './fetch/sessions.mjs'
import { TOKEN, Upstream } from './fetch/upstream.mjs'

describe('where a call goes', () => {
  it('a path, with the version or without, a URL and a Request reach the same endpoint, and the query comes along', async () => {
    const { upstream, session } = await at()
    const url = `${upstream.baseUrl}/contract/find?name=a%20b&x=%C3%A9`
    const inputs = ['/contract/find?name=a b&x=é', '/v1/contract/find?name=a b&x=é#part', 'contract/find?name=a b&x=é']
    for (const input of [
      ...inputs,
      `${upstream.baseUrl}/contract/find?name=a b&x=é#part`,
      new URL(url),
      new Request(url),
    ]) {
      const response = await session.fetch(input)
      assert.deepEqual([response.status, response.url], [200, url])
    }
    const lines = upstream.requests.map(({ method, url }) => `${method} ${url}`)
    assert.deepEqual(lines, Array(6).fill('GET /v1/contract/find?name=a%20b&x=%C3%A9'))
    assert.equal((await session.fetch('/account/list#part')).url, `${upstream.baseUrl}/account/list`)
    for (const { headers } of upstream.requests) assert.equal(headers.authorization, `Bearer ${TOKEN}`)
  })

  it('anything else is refused, and nothing is sent, there or elsewhere', async () => {
    const { upstream, session } = await at()
    const elsewhere = kept(await Upstream.start((_, response) => response.end('[]')))
    const { port } = new URL(upstream.baseUrl)
    for (const input of [
      `${elsewhere.baseUrl}/account/list`,
      new URL(`${elsewhere.baseUrl}/account/list`),
      new Request(`${elsewhere.baseUrl}/account/list`),
      `//127.0.0.1:${port}/v1/account/list`,
      `http://canary:canary@127.0.0.1:${port}/v1/account/list`,
      `http://127.0.0.1:${port}@example.com/v1/account/list`,
      `http://localhost:${port}/v1/account/list`,
      `https://127.0.0.1:${port}/v1/account/list`,
      `http://127.0.0.1:${port}/v2/account/list`,
      `http://127.0.0.1:${port}/v1account/list`,
      upstream.baseUrl,
      'https://live.tradovateapi.com/v1/account/list',
      'file:///etc/passwd',
      'data:text/plain,canary',
      'http://',
      '',
      '/',
      '/account/../auth/me',
      '/account/%2e%2e/auth/me',
      '/account/a%2Fb',
      '\\\\example.com\\v1',
      '/auth/accessTokenRequest',
      `${upstream.baseUrl}/account/../auth/renewaccesstoken`,
    ]) {
      await refused(session.fetch(input), /^(input|path) must be /)
    }
    for (const input of [undefined, null, 5, {}, [], () => {}])
      await refused(session.fetch(input), /^input must be a path/)
    const long = `a/b?x=${'y'.repeat(60_000)}`
    await refused(session.fetch(long), /^path and query must have at most 60000 characters together, encoded$/)
    await refused(session.request('GET', 'a/b', { query: { x: '\u20ac'.repeat(6_667) } }), /^path and query must have/)
    assert.deepEqual([upstream.requests, elsewhere.requests], [[], []])
    // It is sent: a server of Node's takes less.
    assert.equal((await session.fetch(long.slice(0, -5))).status, 431)
  })

  it('is refused before anything is sent where a global that it needs is missing', async () => {
    const { upstream, session } = await at()
    for (const name of ['Headers', 'Response']) {
      const own = Object.getOwnPropertyDescriptor(globalThis, name)
      delete globalThis[name]
      try {
        await refused(session.fetch('/a/b', { method: 'POST', body: BODY }), new RegExp(`needs the global ${name},`))
      } finally {
        Object.defineProperty(globalThis, name, own)
      }
    }
    assert.deepEqual(upstream.requests, [])
  })

  it("a URL says whose host it is by the host, of the session's own environment only", { timeout: 9000 }, async () => {
    const { core, session } = await opened()
    const sent = url => {
      session.fetch(url).catch(() => {})
      return new Promise(resolve =>
        setImmediate(() => resolve(JSON.parse(core.of('fetch').at(-1)?.details[0] ?? '{}'))),
      )
    }
    for (const [url, purpose] of [
      ['https://demo.example/v1/a/b', 'demo'],
      ['https://first-demo.example/v1/a/c', 'demo'],
      ['https://mddemo.example/v1/a/d', 'mdDemo'],
      ['https://replay.example/v1/a/e', 'replay'],
      ['https://first-reportingdemo.example/v1/a/f', 'reportingDemo'],
      ['/a/g', 'demo'],
    ]) {
      const { path, ...call } = await sent(url)
      assert.deepEqual([path, call.purpose], [url.slice(-3), purpose])
    }
    assert.equal(session.host('live'), 'live.example')
    for (const name of ['live', 'mdlive', 'reportinglive']) {
      await refused(session.fetch(`https://${name}.example/v1/a/b`), /below https:\/\/first-demo\.example\/v1$/)
    }
    assert.equal(core.of('fetch').length, 6)
  })

  it('a client made with a host of before goes on when Tradovate names another one, and is sent there', async () => {
    const { sandbox, session, seen } = await atSandbox()
    sandbox.moveHosts()
    await session.renew()
    const between = `http://${session.host('demo')}/v1`
    sandbox.moveHosts()
    await session.renew()
    for (const baseUrl of [sandbox.baseUrl, between, `http://${session.host('demo')}/v1`]) {
      const response = await session.fetch(`${baseUrl}/account/list`)
      assert.deepEqual([response.status, response.url], [200, `http://${sandbox.hosts.told}/v1/account/list`])
    }
    const hosts = seen('account/list').map(({ host, status }) => [host, status])
    assert.deepEqual(hosts, Array(3).fill([sandbox.hosts.told, 200]))
  })
})

describe('what is sent', () => {
  const bytes = Buffer.from(BODY)
  const streamOf = (...chunks) =>
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk)
        controller.close()
      },
    })

  it('JSON, as text, bytes, a Blob, a stream or the body of a Request, arrives as it was', async () => {
    const { upstream, session } = await at()
    const url = `${upstream.baseUrl}/order/placeorder`
    const post = { method: 'POST' }
    const headers = { 'content-type': 'application/json' }
    for (const body of [BODY, bytes, new Uint8Array(bytes).buffer, new DataView(new Uint8Array(bytes).buffer)]) {
      await session.fetch(url, { ...post, body })
    }
    const blobs = [new Blob([bytes]), new Blob([bytes], { type: 'application/json;charset=utf-8' })]
    for (const body of [...blobs, streamOf(bytes.subarray(0, 9), bytes.subarray(9))]) {
      await session.fetch(url, { ...post, body, duplex: 'half' })
    }
    const odd = '{"text":"\u00e9\u{1f600}","big":12345678901234567890}'
    await session.fetch(new Request(url, { ...post, body: BODY }))
    await session.fetch(new Request(url, { ...post, body: bytes, headers }))
    await session.fetch(new Request(url, { ...post, body: '{}' }), { body: BODY })
    await session.fetch(url, { method: 'post', body: odd, headers })
    const [last, ...others] = upstream.requests.toReversed()
    assert.equal(last.body, odd)
    assert.deepEqual(new Set(others.map(({ body }) => body)), new Set([BODY]))
    assert.equal(others.length, 10)
    for (const { method, headers } of upstream.requests) {
      assert.deepEqual([method, headers['content-type']], ['POST', 'application/json'])
    }
  })

  it('a POST without a body is sent without one', async () => {
    const { upstream, session } = await at()
    for (const body of [undefined, null, '', new Uint8Array()]) await session.fetch('/a/b', { method: 'POST', body })
    assert.deepEqual(
      upstream.requests.map(({ body, headers }) => [body, headers['content-length']]),
      Array(4).fill(['', '0']),
    )
  })

  it('what Tradovate would not take is refused before anything is sent', async () => {
    const { upstream, session } = await at()
    const post = body => ({ method: 'POST', body })
    const read = new Request('http://127.0.0.1:1/v1/a/b', post(BODY))
    await read.text()
    const locked = streamOf(bytes)
    locked.getReader()
    const form = new FormData()
    form.set('a', 'b')
    for (const [init, message] of [
      [{ method: 'PUT' }, /^method must be 'GET' or 'POST'$/],
      [{ method: 'DELETE' }, /^method must/],
      [{ method: 5 }, /^method must/],
      [{ body: '{}' }, /^the body must be absent with GET$/],
      [post('canary'), /^the body must be JSON/],
      [post({ a: 1 }), /^the body must be JSON/],
      [post(5), /^the body must be JSON/],
      [post(Buffer.from([0x22, 0xff, 0x22])), /^the body must be text in UTF-8$/],
      [post(new URLSearchParams({ a: 'canary' })), /^the content-type must be application\/json$/],
      [post(form), /^the content-type must/],
      [post(new Blob([BODY], { type: 'application/xml' })), /^the content-type must/],
      [{ ...post(BODY), headers: { 'Content-Type': 'text/csv' } }, /^the content-type must/],
      [post(`"${'x'.repeat(1024 * 1024)}"`), /^the body must have at most 1048576 bytes$/],
      [post(locked), /which nobody has read$/],
      [post(streamOf('text')), /^each chunk of the body must be a Uint8Array$/],
      [{ headers: { 'a b': 'canary' } }, /^init\.headers must be/],
      [{ signal: 'canary' }, /^init\.signal must be an AbortSignal$/],
      ['canary', /^init must be an object$/],
    ]) {
      await refused(session.fetch('/a/b', init), message)
    }
    await refused(session.fetch(read), /^input must be a Request whose body nobody has read$/)
    assert.deepEqual(upstream.requests, [])
  })

  it('a body that is too long is read no further, and its stream is told', { timeout: 9000 }, async () => {
    const { upstream, session } = await at()
    let cancelled
    let pulls = 0
    const body = new ReadableStream({
      pull(controller) {
        pulls += 1
        controller.enqueue(new Uint8Array(300_000))
      },
      cancel(reason) {
        cancelled = reason
      },
    })
    const error = await refused(
      session.fetch('/a/b', { method: 'POST', body, duplex: 'half' }),
      /at most 1048576 bytes/,
    )
    assert.equal(cancelled, error)
    assert.ok(pulls < 9, `${pulls}`)
    assert.deepEqual(upstream.requests, [])
  })

  it('a stream that fails passes its own error on, and one that never ends is given up', async () => {
    const { upstream, session } = await at(undefined, { timeoutMs: 1000 })
    const reason = new Error('of the stream')
    const failing = new ReadableStream({ pull: controller => controller.error(reason) })
    await assert.rejects(session.fetch('/a/b', { method: 'POST', body: failing }), error => error === reason)
    const endless = () => new ReadableStream({})
    await fails(session.fetch('/a/b', { method: 'POST', body: endless() }), 'TIMEOUT', 'not-sent')
    const controller = new AbortController()
    const call = session.fetch('/a/b', { method: 'POST', body: endless(), signal: controller.signal })
    setImmediate(() => controller.abort(reason))
    await assert.rejects(call, error => error === reason)
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
    assert.deepEqual(upstream.requests, [])
  })

  it("promise 25: a caller's own Authorization is refused, and neither replaces the token nor leaks", async () => {
    const { upstream, session } = await at()
    const url = `${upstream.baseUrl}/account/list`
    for (const name of ['authorization', 'Authorization', 'Cookie', 'Proxy-Authorization']) {
      const headers = { [name]: 'Bearer canary' }
      await refused(session.fetch(url, { headers }), /^headers must not have /)
      await refused(session.fetch(url, { headers: new Headers(headers) }), /^headers must not have /)
      await refused(session.fetch(new Request(url, { headers })), /^headers must not have /)
    }
    assert.deepEqual(upstream.requests, [])
    await session.fetch(url, { headers: { 'x-other': 'a', accept: 'text/plain', host: 'example.com' } })
    const [{ headers }] = upstream.requests
    assert.deepEqual(
      [headers.authorization, headers.accept, headers['x-other']],
      [`Bearer ${TOKEN}`, 'application/json', undefined],
    )
    assert.equal(`http://${headers.host}/v1`, upstream.baseUrl)
  })
})

describe('what comes back', () => {
  it('is a Response as the server sent it: status, headers and every byte', async () => {
    const body = Buffer.from([0, 0x7f, 0x80, 0xff, 0xef, 0xbb, 0xbf, 0x0a])
    const headers = { 'content-type': 'application/octet-stream', 'x-two': ['a', 'b'], 'set-cookie': 'canary' }
    const { session } = await at({ status: 201, headers, body })
    const response = await session.fetch('/a/b')
    assert.ok(response instanceof Response)
    assert.deepEqual(
      [response.status, response.statusText, response.ok, response.redirected],
      [201, 'Created', true, false],
    )
    assert.deepEqual(Buffer.from(await response.clone().arrayBuffer()), body)
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), body)
    const { date, ...others } = Object.fromEntries(response.headers)
    assert.ok(Date.parse(date))
    assert.deepEqual(others, { 'content-length': '8', 'content-type': 'application/octet-stream', 'x-two': 'a, b' })
  })

  it('json(), text() and clone() work, with whatever characters and however long', async () => {
    const list = Array.from({ length: 5000 }, (_, id) => ({ id, name: `é😀 ${id}` }))
    const { session } = await at({ status: 200, body: JSON.stringify(list) })
    const response = await session.fetch('/a/b')
    assert.equal(await response.clone().text(), JSON.stringify(list))
    assert.deepEqual(await response.json(), list)
  })

  for (const status of [204, 205, 304]) {
    it(`has no body with ${status}`, async () => {
      const { session } = await at({ status })
      const response = await session.fetch('/a/b')
      assert.deepEqual([response.status, response.body], [status, null])
    })
  }

  it('a status that no Response can have is a PROTOCOL error', async () => {
    const { session } = await at({ status: 799 })
    const error = await fails(session.fetch('/a/b'), 'PROTOCOL', 'unknown', /HTTP 799/)
    assert.equal(error.status, 799)
  })

  it('does not reject for a status, a refusal in words, or what makes no sense', async () => {
    const { upstream, session } = await at((request, response) => {
      const [, status] = request.url.match(/status=(\d+)/)
      response.writeHead(Number(status), { location: 'http://127.0.0.1:1/v1/a' }).end(`<${status}>`)
    })
    for (const status of [200, 302, 307, 400, 403, 404, 408, 418, 500, 503]) {
      const response = await session.fetch(`/a/b?status=${status}`, { method: 'POST', body: '{}' })
      assert.deepEqual([response.status, await response.text()], [status, `<${status}>`])
    }
    assert.equal(upstream.requests.length, 10)
  })

  it('an order that is refused is a 200 with its failureReason', async () => {
    const { session } = await atSandbox()
    const order = { method: 'POST', body: JSON.stringify({ ...ORDER, symbol: 'NOPE' }) }
    const response = await session.fetch('/order/placeorder', order)
    assert.equal(response.status, 200)
    assert.equal((await response.json()).failureReason, 'InvalidContract')
  })
})
