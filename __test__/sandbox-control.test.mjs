// The control port of the sandbox: its handles over HTTP, for this machine and not for browsers.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { openControl } from '../sandbox/control.js'
import { Run } from './cli/command.mjs'
import { loggedIn, login, start } from './sandbox/client.mjs'

async function open(t, options) {
  const sandbox = await start(t, options)
  const control = await openControl(sandbox)
  t.after(() => control.close())
  const ask = async (path, init) => {
    const answer = await fetch(`${control.url}${path}`, init)
    return [answer.status, await answer.json()]
  }
  return {
    sandbox,
    url: control.url,
    get: path => ask(path),
    post: (path, body) => ask(path, { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }) }),
  }
}

/** One call as it stands; fetch sets Host and Sec-Fetch-* by itself. */
const raw = (url, { method = 'GET', headers = {}, body }) =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, answer => {
      let text = ''
      answer.setEncoding('utf8').on('data', part => {
        text += part
      })
      answer.on('end', () => resolve([answer.statusCode, JSON.parse(text)]))
    })
    asked.on('error', reject).end(body)
  })

describe('the control port', () => {
  it('tells counts, log, hosts and quotas', async t => {
    const { sandbox, url } = await open(t)
    await loggedIn(sandbox).then(({ call }) => call('auth/renewaccesstoken'))
    for (const what of ['counts', 'log', 'hosts', 'quotas']) {
      assert.deepEqual(await raw(`${url}/${what}`, {}), [200, sandbox[what]])
    }
  })

  it('orders faults, for ever too, and clears them', async t => {
    const { sandbox, url } = await open(t)
    const post = (path, body) => raw(`${url}${path}`, { method: 'POST', body: body && JSON.stringify(body) })
    const { call } = await loggedIn(sandbox)
    const status = async () => (await call('account/list')).status
    assert.deepEqual(await post('/inject', { endpoint: 'account', status: 503 }), [200, {}])
    assert.deepEqual([await status(), await status()], [503, 200])
    await post('/inject', { endpoint: 'account', status: 503, times: 'Infinity' })
    assert.deepEqual([await status(), await status()], [503, 503])
    await post('/clear-faults')
    assert.equal(await status(), 200)
  })

  it('tells and moves prices', async t => {
    const { sandbox, url } = await open(t, { market: { paceMs: Number.POSITIVE_INFINITY } })
    const post = (path, body) => raw(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
    assert.deepEqual(await post('/price', { symbol: 'ESZ6' }), [200, { price: 6000 }])
    assert.deepEqual(await post('/move-price', { symbol: 'ESZ6', price: 6001.25 }), [200, {}])
    assert.deepEqual(
      [sandbox.price('ESZ6'), await post('/price', { symbol: 'ESZ6' })],
      [6001.25, [200, { price: 6001.25 }]],
    )
    assert.deepEqual(await post('/move-price', { symbol: 'ESZ6', price: 6001.3 }), [
      400,
      { error: 'price must be a multiple of 0.25 above 0' },
    ])
    assert.equal((await post('/price', { symbol: 'XYZ6' }))[0], 400)
  })

  it('evicts, denies, allows, moves and retires', async t => {
    const users = ['a', 'b'].map(name => ({ name, password: 'p' }))
    const { sandbox, url } = await open(t, { users })
    const post = (path, body) => raw(`${url}${path}`, { method: 'POST', body: body && JSON.stringify(body) })
    await login(sandbox, users[1])
    await post('/evict', { user: 'b' })
    assert.equal(sandbox.counts.evictions, 1)
    const { call } = await loggedIn(sandbox)
    const status = async () => (await call('account/list')).status
    await post('/deny', { endpoints: '*' })
    assert.equal(await status(), 401)
    await post('/allow', { endpoints: ['account/*'], user: 'a' })
    assert.equal(await status(), 200)
    await post('/move-hosts')
    assert.equal(await status(), 307)
    assert.deepEqual(await post('/retire-host', { fault: 'hang' }), [200, {}])
    assert.deepEqual([await status(), sandbox.hosts.retired.length], [200, 1])
  })

  it('says what is wrong with a call, and does nothing', async t => {
    const { sandbox, url } = await open(t)
    const post = (path, body) => raw(`${url}${path}`, { method: 'POST', body })
    const cases = [
      [await post('/inject', '{"endpoint":"login","status":5}'), 400, /fault\.status/],
      [await post('/inject', '[]'), 400, /JSON object/],
      [await post('/inject', '{'), 400, /JSON object/],
      [await post('/evict', '{"name":"a"}'), 400, /'name'/],
      [await post('/evict', '{"user":"nobody"}'), 400, /no user of that name/],
      [await post('/retire-host', ''), 400, /moveHosts/],
      [await post('/close', ''), 404, /^refused$/],
      [await raw(`${url}/inject`, {}), 404, /^refused$/],
      [await raw(`${url}/constructor`, {}), 404, /^refused$/],
      [await post('/inject', 'x'.repeat(64 * 1024 + 1)), 413, /^refused$/],
    ]
    for (const [[status, { error }], wanted, message] of cases) {
      assert.equal(status, wanted)
      assert.match(error, message)
    }
    assert.ok((await login(sandbox)).accessToken)
  })

  it('refuses browsers, and names that were bound to this address', async t => {
    const { sandbox, url } = await open(t)
    const { port } = new URL(url)
    const refused = [
      { origin: 'http://example.com' },
      { origin: url },
      { origin: 'null' },
      { referer: 'http://example.com/' },
      { 'sec-fetch-site': 'none' },
      { host: `example.com:${port}` },
      { host: '127.0.0.1' },
    ]
    for (const headers of refused) {
      for (const [method, path] of [
        ['GET', '/log'],
        ['POST', '/move-hosts'],
      ]) {
        assert.deepEqual(await raw(url + path, { method, headers }), [403, { error: 'refused' }])
      }
    }
    assert.deepEqual(sandbox.hosts.left, [])
    assert.equal((await raw(`${url}/counts`, { headers: { host: `localhost:${port}` } }))[0], 200)
  })

  it('is on 127.0.0.1 alone', async t => {
    const { url } = await open(t)
    const { port } = new URL(url)
    const own = Object.values(networkInterfaces()).flat()
    const others = own.filter(({ family, address }) => family === 'IPv4' && address !== '127.0.0.1')
    for (const { address } of others)
      await assert.rejects(raw(`http://${address}:${port}/counts`, {}), { syscall: 'connect' })
  })
})

const withoutCurl = spawnSync('curl', ['--version']).error !== undefined && 'no curl'

it('the command opens it, and the lines of the manual work', { skip: withoutCurl }, async () => {
  const sandbox = new Run(['sandbox', '--control-port', '0'])
  try {
    const found = await sandbox
      .shows(/^SANDBOX_CONTROL_URL=.*\n/m)
      .then(() => sandbox.stdout.match(/^SANDBOX_CONTROL_URL=(.*)$/m))
    const manual = readFileSync(new URL('../docs/sandbox.md', import.meta.url), 'utf8')
    const lines = manual.split('\n').filter(line => line.startsWith('curl '))
    assert.equal(lines.length, 11)
    for (const line of lines) {
      const env = { ...process.env, SANDBOX_CONTROL_URL: found[1], no_proxy: '*' }
      const { stdout, status } = spawnSync('sh', ['-c', line], { encoding: 'utf8', env })
      assert.equal(status, 0, line)
      assert.equal(JSON.parse(stdout).error, undefined, `${line}: ${stdout}`)
    }
  } finally {
    sandbox.kill('SIGTERM')
  }
  assert.equal((await sandbox.end()).status, 0)
})
