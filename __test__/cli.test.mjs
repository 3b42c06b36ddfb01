// The command tradovate-session as a script sees it: its output on pipes, its exit codes, its end.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import native from '../native.js'
import { command, hasControlCode, PASSWORD, Run, runToEnd, variablesOf, withSandbox } from './cli/command.mjs'

const root = dirname(dirname(command))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const isWindows = process.platform === 'win32'
const MEMORY = ['--store', 'memory']
const COMMAND = ['cli', 'input', 'errors.js', 'tradovate-session.js', 'native.js', 'native-failure.js', 'package.json']
const calls = (sandbox, endpoint) => sandbox.log.filter(call => call.endpoint === endpoint).length

describe('tradovate-session accounts', () => {
  it('prints a table by one login, without control codes on a pipe', () =>
    withSandbox({}, async sandbox => {
      const { status, stdout, stderr } = await runToEnd(['accounts', ...MEMORY], { env: variablesOf(sandbox) })
      assert.deepEqual([status, stderr], [0, ''])
      assert.match(stdout, /^ +id {2}name +type +active {2}margin +owner +nickname$/m)
      assert.match(stdout, /^500001 {2}SANDBOX500001 {2}Customer {2}yes +Speculator {2}Individual {2}first$/m)
      assert.match(stdout, /^500002 .* -$/m)
      assert.ok(!hasControlCode(stdout))
      assert.deepEqual([sandbox.counts.logins, calls(sandbox, 'account/list')], [1, 1])
    }))

  it('prints every field as JSON', () =>
    withSandbox({}, async sandbox => {
      const { status, stdout } = await runToEnd(['accounts', '--json', ...MEMORY], { env: variablesOf(sandbox) })
      assert.equal(status, 0)
      const accounts = JSON.parse(stdout)
      assert.deepEqual(
        accounts.map(({ id, nickname, legalStatus }) => [id, nickname, legalStatus]),
        [
          [500001, 'first', 'Individual'],
          [500002, undefined, 'Individual'],
        ],
      )
    }))

  it('says what an empty list usually means', () =>
    withSandbox({ users: [{ name: 'someone', password: PASSWORD, accounts: [] }] }, async sandbox => {
      const env = { TRADOVATE_NAME: 'someone', TRADOVATE_PASSWORD: PASSWORD }
      const { stdout } = await runToEnd(['accounts', ...MEMORY, '--base-url', sandbox.baseUrl], { env })
      assert.match(stdout, /^No accounts\. That usually means the wrong environment/)
    }))
})

describe('tradovate-session token', () => {
  it('tells the expiry and not the token', () =>
    withSandbox({ tokenLifetimeMs: 600_000 }, async sandbox => {
      const { status, stdout } = await runToEnd(['token', ...MEMORY], { env: variablesOf(sandbox) })
      assert.equal(status, 0)
      assert.match(stdout, /^Token 1 is good until \S+Z, 10 min from now\. --show prints it\.\n$/)
    }))

  it('prints the token alone with --show', () =>
    withSandbox({}, async sandbox => {
      const mayShow = ['sandbox-token-']
      const { stdout } = await runToEnd(['token', '--show', ...MEMORY], { env: variablesOf(sandbox), mayShow })
      assert.match(stdout, /^sandbox-token-\w+\n$/)
      const answer = await fetch(`${sandbox.baseUrl}/account/list`, {
        headers: { Authorization: `Bearer ${stdout.trim()}` },
      })
      assert.equal(answer.status, 200)
    }))

  it('has the tokens in its JSON only with --show', () =>
    withSandbox({}, async sandbox => {
      const env = variablesOf(sandbox)
      const hidden = JSON.parse((await runToEnd(['token', '--json', ...MEMORY], { env })).stdout)
      assert.deepEqual(Object.keys(hidden), ['expirationTime', 'generation', 'userId'])
      const mayShow = ['sandbox-token-', 'sandbox-md-token-']
      const shown = JSON.parse((await runToEnd(['token', '--json', '--show', ...MEMORY], { env, mayShow })).stdout)
      assert.match(shown.accessToken, /^sandbox-token-/)
    }))
})

describe('tradovate-session watch', () => {
  it('prints the state and each event as a plain line until SIGTERM ends it with 0', () =>
    withSandbox({ tokenLifetimeMs: 3_000 }, async sandbox => {
      const watching = new Run(['watch', ...MEMORY], { env: variablesOf(sandbox) })
      await watching.shows(/Token 2 by renewal/)
      watching.kill('SIGTERM')
      const { status, signal, stdout, stderr } = await watching.end()
      assert.deepEqual([status, signal, stderr], [0, null, ''])
      assert.match(stdout, /^Session active \(127\.0\.0\.1:\d+, user 1001\)$/m)
      assert.match(stdout, /^The next renewal is due at \d\d:\d\d:\d\d, in \d s\.$/m)
      assert.match(stdout, /^\d{4}-\S+Z Token 2 by renewal, good for 3 s\.$/m)
      assert.ok(!hasControlCode(stdout))
      assert.equal(sandbox.counts.logins, 1)
    }))

  it('tells a failing renewal with its code and goes on', () =>
    withSandbox({ tokenLifetimeMs: 4_000 }, async sandbox => {
      const watching = new Run(['watch', ...MEMORY], { env: variablesOf(sandbox) })
      await watching.shows(/Token 1/)
      sandbox.inject({ endpoint: 'renew', status: 503, times: 100 })
      await watching.shows(/^\S+Z ERR_TRADOVATE_HTTP: .* try again later\./m)
      watching.kill('SIGINT')
      assert.equal((await watching.end()).status, 0)
    }))

  it('ends without a word when nobody reads on', () =>
    withSandbox({ tokenLifetimeMs: 2_000 }, async sandbox => {
      const watching = new Run(['watch', ...MEMORY], { env: variablesOf(sandbox) })
      await watching.shows(/Session active/)
      watching.stopReading()
      const { status, stderr } = await watching.end()
      assert.deepEqual([status, stderr], [0, ''])
    }))
})

describe('tradovate-session sandbox', () => {
  it('prints variables with which a second command works, until Ctrl-C', async () => {
    const sandbox = new Run(['sandbox', '--token-lifetime', '90'])
    await sandbox.shows(/^TRADOVATE_SEC=.*\n/m)
    const lines = sandbox.stdout.split('\n').filter(line => /^\w+=/.test(line))
    const env = Object.fromEntries(lines.map(line => line.split('=')))
    const { status, stdout } = await runToEnd(['token', ...MEMORY], { env })
    assert.equal(status, 0)
    assert.match(stdout, /, 90 s from now/)
    sandbox.kill('SIGINT')
    const end = await sandbox.end()
    assert.deepEqual([end.status, end.signal, end.stderr], [0, null, ''])
  })

  it('says how its variables are used, in a shell and by Node', { skip: isWindows && 'no sh' }, async () => {
    const sandbox = new Run(['sandbox'])
    await sandbox.shows(/^TRADOVATE_SEC=.*\n/m)
    const [shell, node] = Array.from(sandbox.stdout.matchAll(/^# {3}(.*)$/gm), ([, line]) => line)
    const folder = mkdtempSync(join(tmpdir(), 'cli-sandbox-'))
    try {
      writeFileSync(join(folder, 'sandbox.env'), sandbox.stdout)
      writeFileSync(join(folder, 'bot.mjs'), 'console.log(process.env.TRADOVATE_NAME, process.env.TRADOVATE_SEC)\n')
      const env = { PATH: dirname(process.execPath) }
      const said = script => spawnSync('/bin/sh', ['-c', script], { cwd: folder, encoding: 'utf8', env }).stdout
      const [, name, sec] = sandbox.stdout.match(/^TRADOVATE_NAME=(.+)\n(?:.*\n)*TRADOVATE_SEC=(.+)$/m)
      const words = `${name} ${sec}\n`
      assert.deepEqual([said(`${shell}; node bot.mjs`), said(node)], [words, words])
    } finally {
      rmSync(folder, { recursive: true, force: true })
      sandbox.kill('SIGINT')
      await sandbox.end()
    }
  })

  it('takes a port and prints JSON for programs', async () => {
    const free = createServer()
    await new Promise(resolve => free.listen(0, '127.0.0.1', resolve))
    const { port } = free.address()
    await new Promise(resolve => free.close(resolve))
    const sandbox = new Run(['sandbox', '--json', '--no-quotas', '--max-sessions', '1', '--port', String(port)])
    await sandbox.shows(/\n/)
    const { baseUrl, credentials } = JSON.parse(sandbox.stdout)
    assert.equal(baseUrl, `http://127.0.0.1:${port}/v1`)
    const login = () =>
      fetch(`${baseUrl}/auth/accesstokenrequest`, { method: 'POST', body: JSON.stringify(credentials) })
    const { accessToken } = await (await login()).json()
    await login()
    const evicted = await fetch(`${baseUrl}/account/list`, { headers: { Authorization: `Bearer ${accessToken}` } })
    assert.equal(evicted.status, 401)
    sandbox.kill('SIGTERM')
    assert.equal((await sandbox.end()).status, 0)
  })

  it('says in one line that its port is taken', () =>
    withSandbox({}, async ({ baseUrl }) => {
      const { status, stdout, stderr } = await runToEnd(['sandbox', '--port', new URL(baseUrl).port])
      assert.deepEqual([status, stdout], [1, ''])
      assert.match(stderr, /^EADDRINUSE: .* Choose another port, or end the program that has this one\.\n$/)
    }))
})

describe('exit codes and errors', () => {
  const usage = {
    'no command': [],
    'an unknown command': ['canary-password-7f3a'],
    'an unknown option': ['accounts', '--nothing'],
    'a password as an option': ['accounts', '--password=canary-password-7f3a'],
    'a password as a short option': ['accounts', '-pcanary-password-7f3a'],
    'a password as an argument': ['accounts', 'canary-password-7f3a'],
    'a value that is missing': ['accounts', '--store'],
    'an environment that is none': ['accounts', '--environment', 'canary-password-7f3a'],
    'a port that is none': ['accounts', '--port', 'canary-password-7f3a'],
    'a lifetime of nothing': ['sandbox', '--token-lifetime', '0'],
    'a port without a secret file': ['accounts', '--port', '4000'],
    'a store by its URL': ['accounts', '--store', 'redis://:canary-password-7f3a@127.0.0.1:6379'],
    'a socket and a port': ['accounts', '--port', '4000', '--secret-file', 'x', '--socket', 'y'],
    'credentials for a service': ['accounts', '--socket', 'x', '--credentials', 'y'],
    'no credentials': ['accounts'],
    'a base URL that is not safe': ['accounts', '--base-url', 'http://example.com/canary-password-7f3a'],
  }
  for (const [what, args] of Object.entries(usage)) {
    it(`2 for ${what}, in one line that repeats no value`, async () => {
      const env = what === 'no credentials' ? {} : { TRADOVATE_NAME: 'someone', TRADOVATE_PASSWORD: PASSWORD }
      const { status, stdout, stderr } = await runToEnd(args, { env })
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, /^ERR_(USAGE|TRADOVATE_CONFIG): [^\n]+\n$/)
    })
  }

  for (const option of ['--socket', '--secret-file', '--credentials', '--store-key', '--page-link-file']) {
    it(`2 for an empty ${option}, before anything is sent`, () =>
      withSandbox({}, async sandbox => {
        const { status, stdout, stderr } = await runToEnd(['serve', option, ''], { env: variablesOf(sandbox) })
        assert.deepEqual([status, stdout, sandbox.counts.calls], [2, '', 0])
        assert.match(stderr, new RegExp(`^ERR_USAGE: ${option}: It must be the path of a file\\.`))
      }))
  }

  it('names the option or the variable that cannot work', async () => {
    const env = { TRADOVATE_NAME: 'someone', TRADOVATE_PASSWORD: PASSWORD }
    const said = async (args, more) => (await runToEnd(args, { env: { ...env, ...more } })).stderr
    for (const command of ['token', 'status']) {
      assert.match(await said([command, '--port', '0', '--secret-file', 'x']), /^ERR_USAGE: --port: It must be /)
      assert.match(await said([command, '--base-url', 'http://x.y']), /^ERR_TRADOVATE_CONFIG: --base-url must be /)
      for (const name of ['TRADOVATE_BASE_URL', 'TRADOVATE_ENVIRONMENT']) {
        assert.match(await said([command], { [name]: PASSWORD }), new RegExp(`^ERR_TRADOVATE_CONFIG: ${name} must be `))
      }
    }
  })

  it('repeats an unknown command only where it resembles one, and names that', async () => {
    const like = await runToEnd(['acounts'])
    assert.equal(
      like.stderr,
      'ERR_USAGE: There is no command acounts. Did you mean accounts? See tradovate-session --help.\n',
    )
    const unlike = await runToEnd(['list'])
    assert.equal(unlike.stderr, 'ERR_USAGE: There is no such command. See tradovate-session --help.\n')
  })

  it('says that credentials are never taken from an argument', async () => {
    const { stderr } = await runToEnd(['accounts', '--password', 'x'])
    assert.match(stderr, /^ERR_USAGE: There is no --password: credentials are never taken from an argument\./)
  })

  it('1 for a failure that may pass, with what to do', async () => {
    const server = createServer()
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
    const TRADOVATE_BASE_URL = `http://127.0.0.1:${server.address().port}/v1`
    await new Promise(resolve => server.close(resolve))
    const env = { TRADOVATE_NAME: 'someone', TRADOVATE_PASSWORD: PASSWORD, TRADOVATE_BASE_URL }
    const { status, stdout, stderr } = await runToEnd(['accounts', '--timeout', '0.5', ...MEMORY], { env })
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(
      stderr,
      /^ERR_TRADOVATE_CONNECT: .* Check the network, and TRADOVATE_BASE_URL if it is set\. [^\n]+\n$/,
    )
  })

  it('3 for a wrong password, after one login', () =>
    withSandbox({}, async sandbox => {
      const env = { ...variablesOf(sandbox), TRADOVATE_PASSWORD: 'wrong' }
      const { status, stdout, stderr } = await runToEnd(['accounts', ...MEMORY], { env })
      assert.deepEqual([status, stdout], [3, ''])
      assert.match(
        stderr,
        /^ERR_TRADOVATE_CREDENTIALS: .*do not try again and again\. If they are right, tradovate-session resume tries them once\. Trying again can help from .*\n$/,
      )
      assert.equal(calls(sandbox, 'auth/accesstokenrequest'), 1)
    }))

  it('3 for a captcha', () =>
    withSandbox({}, async sandbox => {
      sandbox.inject({ endpoint: 'login', penalty: { seconds: 1, captcha: true } })
      const { status, stderr } = await runToEnd(['token', ...MEMORY], { env: variablesOf(sandbox) })
      assert.equal(status, 3)
      assert.match(
        stderr,
        /^ERR_TRADOVATE_CAPTCHA: .*answer the captcha, then run tradovate-session resume, or wait an hour\./,
      )
    }))

  it('0 for help and version, which need no addon and no credentials', async () => {
    const help = await runToEnd(['--help'])
    assert.equal(help.status, 0)
    assert.match(
      help.stdout,
      /Exit codes: 0 done, 1 failed, 2 cannot be done as it was asked for, 3 a person is needed/,
    )
    for (const name of ['accounts', 'token', 'status', 'resume', 'watch', 'serve', 'sandbox', 'completion']) {
      assert.match(help.stdout, new RegExp(`^ {2}${name} `, 'm'))
      const { status, stdout } = await runToEnd([name, '--help'])
      assert.equal(status, 0)
      assert.match(stdout, new RegExp(`^Usage: tradovate-session ${name} \\[options\\]`))
    }
    for (const option of ['--version', '-V']) {
      const { status, stdout, stderr } = await runToEnd([option])
      assert.deepEqual([status, stdout, stderr], [0, `${version}\n`, ''])
    }
    assert.match((await runToEnd(['accounts', '--help'])).stdout, /--timeout [^-]*\(default:\s+30\)/)
    assert.match((await runToEnd(['sandbox', '--help'])).stdout, /--token-lifetime [^-]*\(default:\s+4800\)/)
  })

  it('without the addon: help all the same, else 1 in one line that says how to get it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-addon-'))
    try {
      for (const name of COMMAND) {
        cpSync(join(root, name), join(folder, name), { recursive: true })
      }
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
      const run = (...args) =>
        spawnSync(process.execPath, [join(folder, 'cli', 'main.js'), ...args], { encoding: 'utf8' })
      assert.equal(run('accounts', '--help').status, 0)
      const { status, stdout, stderr } = run('accounts', ...MEMORY)
      assert.deepEqual([status, stdout], [1, ''])
      assert.match(stderr, /^MODULE_NOT_FOUND: tradovate-session lacks its addon, the optional dependency [^\n]+\n$/)
      cpSync(join(root, 'package.json'), join(folder, native.addonFile()))
      assert.match(run('accounts').stderr, /^ERR_DLOPEN_FAILED: tradovate-session cannot load [^\n]+\n$/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('a command that is interrupted dies of the signal, as others do', () =>
    withSandbox({}, async sandbox => {
      sandbox.inject({ endpoint: 'account', fault: 'hang', times: 2 })
      for (const [i, name] of ['SIGINT', 'SIGTERM'].entries()) {
        const asking = new Run(['accounts', ...MEMORY], { env: variablesOf(sandbox) })
        while (calls(sandbox, 'account/list') === i) await new Promise(resolve => setTimeout(resolve, 20))
        asking.kill(name)
        const { status, signal, stdout, stderr } = await asking.end()
        assert.deepEqual([status, signal, stdout, stderr], [null, name, '', ''])
      }
    }))

  it('is found under its name by npm, with the rights to be run', { skip: isWindows }, async () => {
    const child = spawn(command, ['--version'], { stdio: 'ignore' })
    assert.deepEqual(await once(child, 'close'), [0, null])
  })
})
