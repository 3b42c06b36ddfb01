// tradovate-session serve and status: one login for many processes, and how it stands.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import tradovate from '../index.js'
import { freePort } from '../scripts/free-port.mjs'
import { findProgram } from '../scripts/programs.mjs'
import { command, hasControlCode, Run, runToEnd } from './cli/command.mjs'
import { firstEvent, get } from './cli/page.mjs'
import { withFolder } from './cli/service.mjs'
import { stateHome } from './own-state.mjs'

const skipWithoutNpx =
  (process.platform === 'win32' && 'Windows has no SIGTERM') || (!findProgram(['npx']) && 'no npx is here')

describe('tradovate-session serve', () => {
  it('gives its token to commands that have no credentials, by one login', () =>
    withFolder({}, async ({ sandbox, socket, serve }) => {
      const service = await serve()
      const at = ['--socket', socket]
      const accounts = await runToEnd(['accounts', ...at])
      assert.deepEqual([accounts.status, accounts.stderr], [0, ''])
      assert.match(accounts.stdout, /^500001 {2}SANDBOX500001/m)
      assert.match((await runToEnd(['token', ...at])).stdout, /^Token 1 is good until/)
      const { host } = new URL(sandbox.baseUrl)
      assert.ok((await runToEnd(['status', ...at])).stdout.startsWith(`Session active (${host}, user 1001)\n`))
      const status = await runToEnd(['status', '--json', ...at])
      const { state, generation, userId } = JSON.parse(status.stdout)
      assert.deepEqual([status.status, state, generation, userId], [0, 'active', 1, 1001])
      assert.equal(sandbox.counts.logins, 1)
      service.kill('SIGTERM')
      const { status: code, signal, stdout, stderr } = await service.end()
      assert.deepEqual([code, signal, stderr], [0, null, ''])
      assert.ok(!hasControlCode(stdout))
      assert.ok(!existsSync(socket))
    }))

  it('serves a port with a secret in a file that it keeps closed', () =>
    withFolder({}, async ({ folder, serve }) => {
      const secretFile = join(folder, 'secret')
      const service = await serve(['--port', '0', '--secret-file', secretFile])
      const [, port] = await service.shows(/Serving the token at 127\.0\.0\.1:(\d+), with the secret in /)
      assert.equal(statSync(secretFile).mode & 0o777, 0o600)
      const at = ['--port', port, '--secret-file', secretFile]
      assert.match((await runToEnd(['token', ...at])).stdout, /^Token 1 is good until/)
      const secret = readFileSync(secretFile, 'utf8').trim()
      service.kill('SIGINT')
      const { status, stdout, stderr } = await service.end()
      assert.deepEqual([status, stderr], [0, ''])
      assert.ok(!stdout.includes(secret))
    }))

  it('watch shows a renewal of the service', () =>
    withFolder({ tokenLifetimeMs: 4_000 }, async ({ sandbox, socket, serve }) => {
      await serve()
      const watching = new Run(['watch', '--socket', socket])
      await watching.shows(/Token [2-9]/)
      watching.kill('SIGINT')
      assert.equal((await watching.end()).status, 0)
      assert.equal(sandbox.counts.logins, 1)
    }))

  it('ends in order when npx, which does not hand it on, gets a SIGTERM', { skip: skipWithoutNpx }, () =>
    withFolder({}, async ({ folder, store, socket, env }) => {
      const bin = join(folder, 'node_modules', '.bin')
      mkdirSync(bin, { recursive: true })
      symlinkSync(command, join(bin, 'tradovate-session'))
      writeFileSync(join(folder, 'package.json'), '{"name":"a-bot","version":"1.0.0"}')
      const { PATH, HOME } = process.env
      const npx = spawn(
        'npx',
        ['--no-install', 'tradovate-session', 'serve', '--store', store, '--socket', socket, '--page'],
        {
          cwd: folder,
          env: { PATH, HOME, XDG_STATE_HOME: stateHome, ...env },
          stdio: ['ignore', 'pipe', 'inherit'],
          detached: true,
        },
      )
      try {
        let shown = ''
        npx.stdout.setEncoding('utf8').on('data', text => {
          shown += text
        })
        await until(() => shown.includes('The page, for one browser'))
        assert.ok(existsSync(socket))
        npx.kill('SIGTERM')
        // The service holds the pipe for as long as it runs.
        await once(npx, 'close', { signal: AbortSignal.timeout(60_000) })
        assert.ok(!existsSync(socket))
      } finally {
        endGroup(npx.pid)
      }
    }),
  )

  it('promise 23: says that an address is taken before it logs in, however often it is started: 0 logins', () =>
    withFolder({}, async ({ sandbox, folder, socket, env, serve }) => {
      const secretFile = join(folder, 'secret')
      await serve()
      const taken = createServer()
      await new Promise(resolve => taken.listen(0, '127.0.0.1', resolve))
      const port = ['--port', String(taken.address().port), '--secret-file', secretFile]
      const metrics = ['--socket', join(folder, 'other', 'token.sock'), '--metrics-port', String(taken.address().port)]
      for (const at of [['--socket', socket], port, metrics]) {
        const { status, stderr } = await runToEnd(['serve', '--store', 'memory', ...at], { env })
        assert.equal(status, 1)
        assert.match(stderr, /^ERR_TRADOVATE_SERVICE: [^\n]+\n$/)
      }
      taken.close()
      assert.equal(sandbox.counts.logins, 1, 'the one of the service that has the socket')
      assert.ok(!existsSync(secretFile) && !existsSync(metrics[1]), 'nothing is left')
    }))

  it('leaves nothing behind where the login fails', () =>
    withFolder({}, async ({ store, socket, env }) => {
      const wrong = { env: { ...env, TRADOVATE_PASSWORD: 'wrong' } }
      assert.equal((await runToEnd(['serve', '--store', store, '--socket', socket], wrong)).status, 3)
      assert.ok(!existsSync(socket))
    }))

  it('says in one line that another service has the socket, and leaves it alone', () =>
    withFolder({}, async ({ store, socket, env, serve }) => {
      await serve()
      const second = await runToEnd(['serve', '--store', store, '--socket', socket], { env })
      assert.equal(second.status, 1)
      assert.match(second.stderr, /^ERR_TRADOVATE_SERVICE: [^\n]+\n$/)
      assert.equal((await runToEnd(['token', '--socket', socket])).status, 0)
    }))

  it('says in one line that there is no service', async () => {
    const { status, stdout, stderr } = await runToEnd(['token', '--timeout', '0.5', '--socket', '/nowhere/token.sock'])
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^ERR_TRADOVATE_SERVICE: [^\n]+ Check that the token service runs/)
  })

  it('status says within seconds that there is no service', async () => {
    const began = performance.now()
    const { status, stdout, stderr } = await runToEnd(['status', '--socket', '/nowhere/token.sock'])
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^ERR_TRADOVATE_SERVICE: [^\n]+ Check that the token service runs/)
    assert.ok(performance.now() - began < 5_000, `${performance.now() - began} ms`)
  })

  it('needs an address: 2', async () => {
    const { status, stderr } = await runToEnd(['serve'], { env: { TRADOVATE_NAME: 'x', TRADOVATE_PASSWORD: 'y' } })
    assert.equal(status, 2)
    assert.match(stderr, /^ERR_USAGE: serve needs --socket, or --port and --secret-file\./)
  })

  it('killed and started again takes its token over: 1 login', () =>
    withFolder({}, async ({ sandbox, socket, serve }) => {
      const service = await serve()
      service.kill('SIGKILL')
      await service.end()
      await serve()
      assert.match((await runToEnd(['token', '--socket', socket])).stdout, /^Token 1 /)
      assert.equal(sandbox.counts.logins, 1)
    }))

  it('shows metrics for Prometheus on a port of its own', () =>
    withFolder({}, async ({ socket, serve }) => {
      const port = await freePort()
      await serve(['--socket', socket, '--metrics-port', String(port)])
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      assert.match(text, /^# HELP tradovate/m)
      assert.ok(!text.includes('sandbox-token'))
    }))
})

describe('tradovate-session serve --page', () => {
  it('prints a link that works once, and the next one when it was used', () =>
    withFolder({}, async ({ socket, serve }) => {
      const service = await serve(['--socket', socket, '--page'])
      const [, first] = await service.shows(/^The page, for one browser: (\S+)$/m)
      const link = new URL(first)
      const { status, headers } = await get(link, link.pathname)
      assert.equal(status, 303)
      const cookie = headers['set-cookie'].split(';')[0]
      const page = await get(link, headers.location, { Cookie: cookie })
      assert.match(page.body, /<title>tradovate-session<\/title>/)
      const client = await tradovate.connect({ socketPath: socket })
      const folder = headers.location
      const dependents = async () => {
        const live = await firstEvent(link, folder, cookie)
        live.end()
        return JSON.parse(live.text.slice('data: '.length)).dependents
      }
      while ((await dependents()) !== 1) await new Promise(resolve => setTimeout(resolve, 20))
      await client.close()
      const [, next] = await service.shows(/^The link was used\. For another browser: (\S+)$/m)
      assert.notEqual(next, first)
      service.kill('SIGTERM')
      assert.equal((await service.end()).status, 0)
    }))

  it('keeps the link in a file for this user alone, and does not print it', () =>
    withFolder({}, async ({ folder, socket, serve }) => {
      const file = join(folder, 'page-link')
      writeFileSync(file, `http://127.0.0.1:1/open/${'a'.repeat(43)}\n`, { mode: 0o644 })
      const port = await freePort()
      const service = await serve(['--socket', socket, '--page-port', String(port), '--page-link-file', file])
      const link = () => new URL(readFileSync(file, 'utf8').trim())
      await until(() => !readFileSync(file, 'utf8').includes(':1/'))
      assert.equal(statSync(file).mode & 0o777, 0o600)
      assert.equal(link().port, String(port))
      const before = link().href
      assert.equal((await get(link(), link().pathname)).status, 303)
      assert.notEqual(link().href, before)
      service.kill('SIGTERM')
      const { status, stdout } = await service.end()
      assert.equal(status, 0)
      assert.doesNotMatch(stdout, /\/open\//)
      assert.ok(!existsSync(file))
    }))
})

describe('tradovate-session status', () => {
  it('tells what the store knows, without a password and without a call', () =>
    withFolder({}, async ({ sandbox, store, env }) => {
      const place = ['--store', store]
      const nothing = await runToEnd(['status', ...place], { env })
      assert.deepEqual(
        [nothing.status, nothing.stdout],
        [1, 'Nothing is stored for this login: tradovate-session accounts, or a bot, logs in.\n'],
      )
      assert.equal((await runToEnd(['status', '--json', ...place], { env })).stdout, 'null\n')
      assert.equal((await runToEnd(['accounts', ...place], { env })).status, 0)
      const before = sandbox.counts.calls
      const { TRADOVATE_PASSWORD: _password, TRADOVATE_SEC: _sec, ...identity } = env
      const { status, stdout, stderr } = await runToEnd(['status', ...place], { env: identity })
      assert.deepEqual([status, stderr], [0, ''])
      assert.match(
        stdout,
        /^Session active \(127\.0\.0\.1:\d+, user 1001\)\nToken 1 is good until .*, in 80 min\.\nA process that keeps this login renews it at .*, in 65 min\.\nThis is what the store says; it does not tell whether a process keeps this login\.\n$/,
      )
      const told = JSON.parse((await runToEnd(['status', '--json', ...place], { env: identity })).stdout)
      assert.deepEqual([told.state, told.generation, told.userId], ['active', 1, 1001])
      assert.ok(Date.parse(told.renewsAt) < Date.parse(told.expiresAt))
      assert.equal(sandbox.counts.calls, before)
    }))

  it('tells logins apart', () =>
    withFolder({}, async ({ store, env }) => {
      await runToEnd(['accounts', '--store', store], { env })
      for (const other of [{ TRADOVATE_NAME: 'x' }, { TRADOVATE_CID: '9' }, { TRADOVATE_ENVIRONMENT: 'demo' }]) {
        const { stdout } = await runToEnd(['status', '--store', store], { env: { ...env, ...other } })
        assert.match(stdout, /^Nothing is stored/)
      }
    }))

  it('1 for a token that has expired', () =>
    withFolder({ tokenLifetimeMs: 1_500 }, async ({ store, env }) => {
      await runToEnd(['accounts', '--store', store], { env })
      await new Promise(resolve => setTimeout(resolve, 1_500))
      const { status, stdout } = await runToEnd(['status', '--store', store], { env })
      assert.equal(status, 1)
      assert.match(stdout, /^Session waiting .*\nToken 1 is not good any more\.$/m)
    }))

  it('3 where a person is needed', () =>
    withFolder({}, async ({ sandbox, store, env }) => {
      await runToEnd(['accounts', '--store', store], { env: { ...env, TRADOVATE_PASSWORD: 'wrong' } })
      const before = sandbox.counts.calls
      const { status, stdout } = await runToEnd(['status', '--store', store], { env })
      assert.equal(status, 3)
      assert.match(stdout, /^Session stopped .*$/m)
      assert.match(stdout, /^ERR_TRADOVATE_CREDENTIALS: /m)
      assert.equal(sandbox.counts.calls, before)
    }))

  it('2 for a store that no other process can see', async () => {
    const { status, stderr } = await runToEnd(['status', '--store', 'memory'], { env: { TRADOVATE_NAME: 'x' } })
    assert.equal(status, 2)
    assert.match(stderr, /^ERR_USAGE: /)
  })
})

/** Ends what is left of a process that leads a group of its own, and of its children. */
function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    assert.equal(error.code, 'ESRCH')
  }
}

async function until(isSo) {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 10))
}
