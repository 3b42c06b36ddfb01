// npm start: what it prints in a terminal and in a log file, and how it ends.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe as describeError } from '../cli/failure.js'
import { renewalLine } from '../cli/render.js'
import { createTerminal, progressBar, tableLines } from '../cli/terminal.js'
import './own-state.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const hasControlCode = text => /\p{Cc}/u.test(text.replaceAll('\n', ''))

function fakeStream(properties) {
  return {
    ...properties,
    text: '',
    write(text) {
      this.text += text
    },
  }
}

async function runNode(args, env) {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    output.stderr += text
  })
  const [status] = await once(child, 'close')
  return { status, ...output }
}

/** The show alone: npm start without its installing and building, which would replace the addon under other tests. */
function runShow(env = {}, { script = 'show.mjs', show = 'show', options = {} } = {}) {
  const url = (...path) => JSON.stringify(pathToFileURL(join(root, ...path)).href)
  const program = `
    import { createTerminal } from ${url('cli', 'terminal.js')}
    import { ${show} } from ${url('scripts', script)}
    process.exitCode = await ${show}(createTerminal(), ${JSON.stringify(options)})`
  return runNode(['--input-type=module', '--eval', program], {
    PATH: process.env.PATH,
    XDG_STATE_HOME: process.env.XDG_STATE_HOME,
    ...env,
  })
}

describe('npm start', () => {
  it('shows login, accounts and a renewal against the sandbox, then ends', { timeout: 60_000 }, async () => {
    const { status, stdout, stderr } = await runShow()
    assert.equal(stderr, '')
    assert.equal(status, 0)
    assert.match(stdout, /^Logged in after \d+ ms/m)
    assert.match(stdout, /^ *id {2}name +type/m)
    assert.match(stdout, /^Next renewal \[[#-]{30}\] +\d+ % {2}in \d+ s$/m)
    assert.match(stdout, /^New token by renewal: token 2 is good until \d\d:\d\d:\d\d\.$/m)
    assert.match(stdout, /^Session active: 1 login, 1 renewal, 0 failures\.$/m)
    assert.ok(!hasControlCode(stdout), 'a log file gets no control codes')
    assert.doesNotMatch(stdout, /[\w+/=-]{40,}/, 'nothing that could be a token')
  })

  it('with --many shows one login for five processes, and a renewal that reaches all, with Unix sockets and without', {
    timeout: 100_000,
  }, async () => {
    const showAt = options => runShow({}, { script: 'show-many.mjs', show: 'showMany', options })
    const shown = await Promise.all([showAt({}), showAt({ hasSockets: false })])
    for (const { status, stdout, stderr } of shown) {
      assert.equal(stderr, '')
      assert.equal(status, 0, stdout)
      assert.equal(stdout.match(/^bot \d +\d+ {2}token 1 +token 2 +token 2 +token 3 +2$/gm).length, 3)
      assert.match(stdout, /^1 login and 2 renewals at Tradovate, for 5 processes\.$/m)
      assert.ok(!hasControlCode(stdout))
    }
  })

  it('with a real login shows its state and ends without waiting for the renewal', { timeout: 60_000 }, async () => {
    const { startSandbox } = createRequire(import.meta.url)('tradovate-session/sandbox')
    const sandbox = await startSandbox()
    try {
      const { status, stdout, stderr } = await runShow(variables(sandbox))
      assert.equal(stderr, '')
      assert.equal(status, 0)
      assert.match(stdout, /^The next renewal is due at /m)
      assert.ok(!stdout.includes(sandbox.credentials.password))
      assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 0])
    } finally {
      await sandbox.close()
    }
  })

  it('says a refused login in one line and exits with 1', { timeout: 60_000 }, async () => {
    const { startSandbox } = createRequire(import.meta.url)('tradovate-session/sandbox')
    const sandbox = await startSandbox()
    try {
      const wrong = 'wrong-password-canary'
      const { status, stdout, stderr } = await runShow({ ...variables(sandbox), TRADOVATE_PASSWORD: wrong })
      assert.equal(status, 1)
      assert.match(stderr, /^ERR_TRADOVATE_CREDENTIALS: .*TRADOVATE_PASSWORD.*\n$/)
      assert.ok(!`${stdout}${stderr}`.includes(wrong))
    } finally {
      await sandbox.close()
    }
  })

  it('says a missing variable in one line and exits with 1', async () => {
    const { status, stderr } = await runShow({ TRADOVATE_NAME: 'somebody' })
    assert.equal(status, 1)
    assert.match(stderr, /^ERR_TRADOVATE_CONFIG: .*TRADOVATE_PASSWORD.*\n$/)
  })

  for (const script of ['start.mjs', 'test.mjs', 'build.mjs']) {
    it(`${script} says in one sentence that Rust is missing`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'no-rust-'))
      try {
        symlinkSync(process.execPath, join(folder, 'node'))
        const { status, stdout, stderr } = await runNode([join('scripts', script)], { PATH: folder })
        assert.equal(status, 1)
        assert.equal(stdout, '')
        assert.match(stderr, /^Rust 1\.\d+ or newer is needed .* install them from rustup\.rs.*\n$/)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})

function variables({ baseUrl, credentials: { name, password, cid, sec } }) {
  const given = { TRADOVATE_NAME: name, TRADOVATE_PASSWORD: password, TRADOVATE_CID: cid, TRADOVATE_SEC: sec }
  const set = Object.entries({ ...given, TRADOVATE_BASE_URL: baseUrl }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set.map(([variable, value]) => [variable, String(value)]))
}

describe('the terminal', () => {
  it('rewrites a live line in place, cut to the width', () => {
    const stream = fakeStream({ isTTY: true, columns: 20 })
    const terminal = createTerminal(stream, { env: {} })
    terminal.live('a live line that is longer than the terminal')
    terminal.live('short')
    terminal.line('done')
    assert.equal(stream.text, `\ra live line that i…\r${'short'.padEnd(19)}\r${' '.repeat(5)}\rdone\n`)
  })

  it('prints a live line every three seconds where there is no terminal', () => {
    let time = 0
    const stream = fakeStream({ isTTY: false })
    const terminal = createTerminal(stream, { env: {}, now: () => time })
    for (; time < 7000; time += 250) terminal.live(`at ${time}`)
    assert.equal(stream.text, 'at 0\nat 3000\nat 6000\n')
  })

  it('has colours only in a terminal and without NO_COLOR', () => {
    const green = (isTTY, env) => createTerminal(fakeStream({ isTTY }), { env }).green('ok')
    assert.equal(green(true, {}), '\u001b[32mok\u001b[0m')
    assert.equal(green(true, { NO_COLOR: '1' }), 'ok')
    assert.equal(green(true, { TERM: 'dumb' }), 'ok')
    assert.equal(green(false, {}), 'ok')
  })

  it('draws a bar for any fraction', () => {
    assert.equal(progressBar(0.5, 10), '[#####-----]  50 %')
    assert.equal(progressBar(-1, 4), '[----]   0 %')
    assert.equal(progressBar(7, 4), '[####] 100 %')
  })

  it('aligns a table and lets no value steer the terminal', () => {
    const columns = [
      { key: 'id', title: 'id' },
      { key: 'name', title: 'name' },
      { key: 'active', title: 'active' },
    ]
    const rows = [
      { id: 7, name: 'A\u001b[2J', active: true },
      { id: 12345, name: 'LONGER' },
    ]
    assert.deepEqual(tableLines(columns, rows, 80), [
      '   id  name    active',
      '-----  ------  ------',
      '    7  A [2J   yes',
      '12345  LONGER  -',
    ])
    assert.deepEqual(tableLines(columns, rows, 12)[0], '   id  name…')
  })

  it('tells how far the renewal is', () => {
    const renewsAt = new Date(12_000)
    const line = (state, now) => renewalLine(state, 0, now, 10)
    assert.equal(line({ state: 'active', renewsAt }, 6000), 'Next renewal [#####-----]  50 %  in 6 s')
    assert.equal(line({ state: 'active', renewsAt }, 13_000), 'Next renewal [##########] 100 %  now')
    assert.equal(line({ state: 'waiting' }, 0), 'Session waiting; no renewal is planned.')
  })

  it('tells an error in one line, with its code and when to try again', () => {
    const error = Object.assign(new Error('Wait.\nReally.'), {
      code: 'ERR_TRADOVATE_QUOTA',
      retryAt: new Date(2026, 0, 1, 9, 30),
    })
    assert.equal(
      describeError(error),
      'ERR_TRADOVATE_QUOTA: Wait. Really. Trying again can help from 2026-01-01 09:30:00 on.',
    )
  })
})
