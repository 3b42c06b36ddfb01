// Who gets to see the page, rule by rule, by raw requests.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PageGuard } from '../cli/page-guard.js'
import { root } from '../scripts/addon.mjs'
import { firstEvent, get, send, visit, withPage } from './cli/page.mjs'

const FILES = ['', 'events', 'balances', ...readdirSync(join(root, 'cli', 'page'))]
const WORDS = 'Nothing to see without the one-time link that tradovate-session gave, and each link works once.\n'

/** Runs `run({ link, folder, cookie, ask, … })` for somebody who has opened the link; `ask(headers)` gets the page. */
function asViewer(run) {
  return withPage({}, async context => {
    const [link] = context.links
    const { folder, cookie } = await visit(link)
    const ask = (headers, path = folder) => get(link, path, { Cookie: cookie, ...headers })
    assert.equal((await ask({})).status, 200)
    await run({ ...context, link, folder, cookie, ask })
  })
}

test('the page listens at 127.0.0.1 and nowhere else', () =>
  withPage({}, async ({ links }) => {
    const others = Object.values(networkInterfaces()).flat()
    const addresses = others
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => address)
    for (const host of ['127.0.0.2', '::1', ...addresses]) {
      const [error] = await once(connect({ host, port: Number(links[0].port) }), 'error')
      assert.match(error.code, /ECONNREFUSED|EADDRNOTAVAIL/, host)
    }
  }))

test('a link works once and gives a cookie that scripts and other sites cannot have', () =>
  withPage({}, async ({ links }) => {
    const [link] = links
    assert.match(link.href, /^http:\/\/127\.0\.0\.1:\d+\/open\/[\w-]{43}$/)
    const { status, headers, body } = await get(link, link.pathname)
    assert.deepEqual([status, body], [303, ''])
    const [name, ...attributes] = headers['set-cookie'].split('; ')
    assert.match(name, /^tradovate-session-page=[\w-]{43}$/)
    assert.deepEqual(attributes, [`Path=${headers.location}`, 'HttpOnly', 'SameSite=Strict'])
    assert.match(headers.location, /^\/[0-9a-f]{32}\/$/)
    const again = await get(link, link.pathname)
    assert.deepEqual([again.status, again.headers['set-cookie'], again.body], [403, undefined, WORDS])
    assert.equal(links.length, 2)
    assert.equal((await get(links[1], links[1].pathname)).status, 303)
  }))

test('a link is used up by itself, not only by the next one', () => {
  const guard = new PageGuard('127.0.0.1:4000')
  const url = new URL(guard.newLink()).pathname
  const request = { method: 'GET', url, headers: { host: '127.0.0.1:4000' }, rawHeaders: ['Host', '127.0.0.1:4000'] }
  assert.deepEqual(Object.keys(guard.judge(request)), ['cookie'])
  assert.deepEqual(guard.judge(request), { refused: 403 })
})

test('of more than 16 browsers the first ones are forgotten', () =>
  withPage({}, async ({ links }) => {
    const visits = []
    for (let i = 0; i < 17; i += 1) visits.push(await visit(links[i]))
    const statuses = await Promise.all(
      visits.map(async ({ folder, cookie }) => (await get(links[0], folder, { Cookie: cookie })).status),
    )
    assert.deepEqual(statuses, [403, ...Array(16).fill(200)])
  }))

test('only the latest link works', () =>
  withPage({}, async ({ links }) => {
    const [link] = links
    for (const path of ['/open/', '/open/x', `${link.pathname}x`, link.pathname.slice(0, -1), '/', '/open']) {
      const { status, headers } = await get(link, path)
      assert.deepEqual([status, headers['set-cookie']], [403, undefined], path)
    }
    assert.equal((await visit(link)).status, 303)
  }))

test('without the cookie there is nothing, wherever one asks', () =>
  asViewer(async ({ link, folder, cookie }) => {
    const [name, value] = cookie.split('=')
    const wrong = [undefined, '', name, `${name}=`, `${name}=${value.slice(0, -1)}`, `${name}=${value}x`, `x${cookie}`]
    for (const given of wrong) {
      for (const file of FILES) {
        const { status, body } = await get(link, folder + file, { Cookie: given })
        assert.deepEqual([status, body], [403, WORDS], `${given} ${file}`)
      }
    }
    const among = await get(link, folder, { Cookie: `a=b; ${name}=wrong; ${cookie}; c=d` })
    assert.equal(among.status, 200)
  }))

test('a cookie opens the page that gave it and no other', () =>
  asViewer(({ cookie }) =>
    asViewer(async ({ link, folder }) => {
      assert.equal((await get(link, folder, { Cookie: cookie })).status, 403)
    }),
  ))

test('the cookie opens nothing outside the page, and no file but its own', () =>
  asViewer(async ({ ask, folder }) => {
    for (const path of ['/', '/page.mjs', '/events', `/x${folder}`, `/${folder}`])
      assert.equal((await ask({}, path)).status, 403, path)
    const inside = [
      'server.js',
      '../main.js',
      '../../package.json',
      '%2e%2e/main.js',
      'constructor',
      '?',
      'index.html',
      '/',
      'events?',
    ]
    for (const file of inside) assert.equal((await ask({}, folder + file)).status, 404, file)
  }))

test('any other Host is a name that was bound to this address: refused, and the link stays unused', () =>
  asViewer(async ({ ask, link, links }) => {
    const { port } = link
    const hosts = [
      'evil.example',
      `evil.example:${port}`,
      `localhost:${port}`,
      '127.0.0.1',
      `127.0.0.1:${Number(port) ^ 1}`,
    ]
    for (const Host of [...hosts, `127.0.0.1:${port}.evil.example`, `[::1]:${port}`, '']) {
      assert.equal((await ask({ Host })).status, 403, Host)
      assert.equal((await get(links[1], links[1].pathname, { Host })).status, 403, Host)
    }
    assert.equal((await visit(links[1])).status, 303)
  }))

test('no Host and two Hosts are refused', () =>
  asViewer(async ({ link, folder, cookie }) => {
    const rest = [`Cookie: ${cookie}`, 'Connection: close']
    assert.equal((await send(link.port, [`GET ${folder} HTTP/1.1`, ...rest])).status, 400)
    const two = [`GET ${folder} HTTP/1.1`, `Host: ${link.host}`, 'Host: evil.example', ...rest]
    assert.ok([400, 403].includes((await send(link.port, two)).status))
    const twice = [`GET ${folder} HTTP/1.1`, `Host: ${link.host}`, `Host: ${link.host}`, ...rest]
    assert.ok([400, 403].includes((await send(link.port, twice)).status))
    const absolute = [`GET http://${link.host}${folder} HTTP/1.1`, `Host: ${link.host}`, ...rest]
    assert.equal((await send(link.port, absolute)).status, 403)
  }))

test('any other Origin is refused', () =>
  asViewer(async ({ ask, link }) => {
    const { port } = link
    for (const Origin of [
      'null',
      'http://evil.example',
      `http://localhost:${port}`,
      `https://127.0.0.1:${port}`,
      'http://127.0.0.1',
      '',
    ]) {
      assert.equal((await ask({ Origin })).status, 403, Origin)
    }
    assert.equal((await ask({ Origin: link.origin })).status, 200)
  }))

test('what a browser says comes from another site, or another port of this host, is refused', () =>
  asViewer(async ({ ask, links }) => {
    for (const site of ['cross-site', 'same-site', 'anything']) {
      assert.equal((await ask({ 'Sec-Fetch-Site': site })).status, 403, site)
      assert.equal((await get(links[1], links[1].pathname, { 'Sec-Fetch-Site': site })).status, 403, site)
    }
    for (const site of ['none', 'same-origin', undefined])
      assert.equal((await ask({ 'Sec-Fetch-Site': site })).status, 200)
  }))

test('GET is the only method: the page can read and not act', () =>
  asViewer(async ({ link, folder, cookie }) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const head = [`Host: ${link.host}`, `Cookie: ${cookie}`, 'Connection: close', 'Content-Length: 0']
      const { status, headers } = await send(link.port, [`${method} ${folder} HTTP/1.1`, ...head])
      assert.deepEqual([status, headers.allow], [405, 'GET'], method)
    }
    const connecting = await send(link.port, [
      `CONNECT ${link.host} HTTP/1.1`,
      `Host: ${link.host}`,
      `Cookie: ${cookie}`,
    ])
    assert.ok(Number.isNaN(connecting.status))
  }))

test('a body is refused', () =>
  asViewer(async ({ ask }) => {
    assert.equal((await ask({ 'Content-Length': '0' })).status, 400)
    assert.equal((await ask({ 'Transfer-Encoding': 'chunked' })).status, 400)
  }))

test('a browser that only looks ahead does not use the link up', () =>
  withPage({}, async ({ links: [link] }) => {
    for (const header of ['Sec-Purpose', 'Purpose']) {
      assert.equal((await get(link, link.pathname, { [header]: 'prefetch' })).status, 403)
    }
    assert.equal((await visit(link)).status, 303)
  }))

test('every answer forbids what could carry it elsewhere, and none allows another origin', () =>
  asViewer(async ({ ask, link, links, folder, cookie }) => {
    const live = await firstEvent(link, folder, cookie)
    const answers = [
      await ask({}),
      await ask({ Host: 'x' }),
      await ask({}, `${folder}x`),
      await get(links[1], links[1].pathname),
      live,
    ]
    for (const { headers } of answers) {
      const policy = headers['content-security-policy']
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'none'",
      ]) {
        assert.ok(policy.includes(rule), rule)
      }
      assert.doesNotMatch(policy, /unsafe|\*|data:/)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
      assert.deepEqual(
        Object.keys(headers).filter(name => name.startsWith('access-control')),
        [],
      )
    }
    live.end()
  }))

test('what it tells has no token in it, nor anything else that is secret', () =>
  asViewer(async ({ link, folder, cookie, session, sandbox }) => {
    const live = await firstEvent(link, folder, cookie)
    const told = JSON.parse(live.text.replace(/^data: /, ''))
    assert.equal(told.status.state, 'active')
    assert.equal(told.day.length, 24)
    const secrets = [session.accessToken, session.mdAccessToken, sandbox.credentials.password, sandbox.credentials.sec]
    for (const secret of [...secrets, cookie.split('=')[1]]) assert.ok(!live.text.includes(secret))
    live.end()
  }))

test('looking at the page makes no call to Tradovate', () =>
  asViewer(async ({ link, folder, cookie, sandbox, session }) => {
    while (sandbox.counts.calls < 2) await new Promise(resolve => setTimeout(resolve, 10))
    for (let i = 0; i < 20; i += 1) (await firstEvent(link, folder, cookie)).end()
    // An answered call of our own: whatever a look had led to would have been sent before it.
    await session.findAccount('SANDBOX500001')
    assert.deepEqual(
      sandbox.log.map(call => call.endpoint),
      ['auth/accesstokenrequest', 'account/list', 'account/find'],
    )
  }))

test('only a script of the page itself can ask for balances, once a minute, and never while Tradovate wants no calls', () =>
  asViewer(async ({ ask, folder, sandbox, session }) => {
    const asked = () => sandbox.log.filter(call => call.endpoint === 'cashbalance/getcashbalancesnapshot').length
    const balances = async headers => (await ask(headers, `${folder}balances`)).status
    while (sandbox.counts.calls < 2) await new Promise(resolve => setTimeout(resolve, 10))
    const byPage = { 'X-Page-Asks': 'balances' }
    assert.equal(await balances({}), 403, 'a link, an image, a typed address')
    assert.equal(await balances({ 'X-Page-Asks': '' }), 403)
    assert.equal(await balances({ ...byPage, Cookie: undefined }), 403)
    assert.equal(await balances({ ...byPage, Origin: 'http://evil.example' }), 403)
    assert.equal(await balances({ ...byPage, 'Sec-Fetch-Site': 'cross-site' }), 403)
    assert.equal(asked(), 0)
    sandbox.inject({ endpoint: 'account/find', status: 429, headers: { 'Retry-After': '2' } })
    await assert.rejects(session.findAccount('x'), { code: 'ERR_TRADOVATE_RATE_LIMITED' })
    assert.equal(await balances(byPage), 202)
    while (session.status().state !== 'active') await new Promise(resolve => setTimeout(resolve, 20))
    assert.equal(asked(), 0, 'a POST would make the stop longer')
    for (let i = 0; i < 5; i += 1) assert.equal(await balances(byPage), 202)
    while (asked() < 2) await new Promise(resolve => setTimeout(resolve, 10))
    assert.equal(await balances(byPage), 202)
    // An answered call of our own: whatever was asked for would have been sent before it.
    await session.findAccount('SANDBOX500001')
    assert.equal(asked(), 2)
  }))

test('no more than 16 look on at once, and a place that is left is free again', () =>
  asViewer(async ({ link, folder, cookie }) => {
    const viewers = await Promise.all(Array.from({ length: 16 }, () => firstEvent(link, folder, cookie)))
    assert.deepEqual(new Set(viewers.map(({ status }) => status)), new Set([200]))
    assert.equal((await firstEvent(link, folder, cookie)).status, 503)
    for (const viewer of viewers) viewer.end()
    let status
    do status = (await firstEvent(link, folder, cookie)).status
    while (status !== 200)
  }))

test('a request that does not get on is cut off', () =>
  withPage({}, async ({ links: [link] }) => {
    const socket = connect(Number(link.port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n`)
    const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 200)
    const started = Date.now()
    socket.resume()
    await once(socket, 'close')
    clearInterval(drip)
    assert.ok(Date.now() - started < 9_000)
    assert.equal((await visit(link)).status, 303)
  }))
