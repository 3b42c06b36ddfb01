// A person's word that what they were asked to do is done: what it ends, for whom, and what stays.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import tradovate from '../index.js'
import { until } from './bots/index.mjs'
import { runToEnd, variablesOf, withSandbox } from './cli/command.mjs'

const { Session } = tradovate
const MINUTES = 60_000

/** Runs `run({ sandbox, open, command })` with one folder as everybody's store. */
function withLogin(run) {
  return withSandbox({}, async sandbox => {
    const path = mkdtempSync(join(tmpdir(), 'resume-'))
    const sessions = []
    const open = async ({ how = 'open', ...more } = {}, credentials = sandbox.credentials) => {
      const store = { type: 'file', path }
      const session = await Session[how](credentials, { baseUrl: sandbox.baseUrl, store, timeoutMs: 5000, ...more })
      sessions.push(session)
      return session
    }
    const command = (name, credentials = sandbox.credentials) => {
      return runToEnd([name, '--store', path], {
        env: variablesOf({ baseUrl: sandbox.baseUrl, credentials }),
      })
    }
    try {
      await run({ sandbox, open, command })
    } finally {
      await Promise.all(sessions.map(session => session.close()))
      // A session that was closed may still be noting its last call there.
      await until(() => isRemoved(path))
    }
  })
}

const logins = sandbox => sandbox.log.filter(({ endpoint }) => endpoint === 'auth/accesstokenrequest').length
const code = cause => `ERR_TRADOVATE_${cause}`

/** A session that another login has closed twice. */
async function contended(sandbox, open, options) {
  const session = await open(options)
  sandbox.evict()
  await session.getAccounts()
  sandbox.evict()
  await assert.rejects(session.getAccounts(), { code: code('CONTENDED') })
  return session
}

function isInAbout(minutes, date) {
  const left = date.getTime() - Date.now()
  return left > (minutes - 1) * MINUTES && left <= minutes * MINUTES
}

describe('promise 27: contended', () => {
  it('says for how long, wherever it is told', () =>
    withLogin(async ({ sandbox, open, command }) => {
      const session = await contended(sandbox, open)
      const errors = [
        session.status().reason,
        await session.getAccessToken().catch(error => error),
        await session.getAccounts().catch(error => error),
        await session.renew().catch(error => error),
        await open().catch(error => error),
      ]
      for (const error of errors) {
        assert.equal(error.code, code('CONTENDED'))
        assert.ok(isInAbout(15, error.retryAt), `${error.retryAt}`)
        assert.match(error.message, /resume\(\)/)
      }
      assert.ok(isInAbout(15, session.status().retryAt))
      const { status, stderr } = await command('token')
      assert.equal(status, 3)
      assert.match(
        stderr,
        /then run tradovate-session resume\. Trying again can help from (?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d on\.\n$/,
      )
      assert.equal(logins(sandbox), 2)
    }))

  it('is left by resume() with one login, and other processes are out of it too', () =>
    withLogin(async ({ sandbox, open, command }) => {
      const session = await contended(sandbox, open)
      await Promise.all([session.resume(), session.resume()])
      assert.equal(session.status().state, 'active')
      assert.equal((await session.getAccounts()).length, 2)
      const { status, stdout } = await command('token')
      assert.deepEqual([status, stdout.slice(0, 16)], [0, 'Token 3 is good '])
      assert.equal(logins(sandbox), 3)
    }))

  it('is left by the command, and the process that runs takes the token over', () =>
    withLogin(async ({ sandbox, open, command }) => {
      const session = await contended(sandbox, open)
      const adopted = once(session, 'token')
      const { status, stdout, stderr } = await command('resume')
      assert.deepEqual([status, stderr], [0, ''])
      assert.match(stdout, /^Session active \(127\.0\.0\.1:\d+, user 1001\)\nToken 3 is good until /)
      const [{ generation, how }] = await adopted
      assert.deepEqual([generation, how], [3, 'adopted'])
      assert.equal((await session.getAccounts()).length, 2)
      assert.equal(session.status().state, 'active')
      assert.equal(logins(sandbox), 3)
    }))

  it('comes back if the other program goes on', () =>
    withLogin(async ({ sandbox, open }) => {
      const session = await contended(sandbox, open, { maxLogins: { count: 4, withinMs: 1000 } })
      await session.resume()
      sandbox.evict()
      await session.getAccounts()
      sandbox.evict()
      await assert.rejects(session.getAccounts(), { code: code('CONTENDED') })
    }))
})

it('promise 9: an eviction that was left at that is not ended by resume(), but by a new session', () =>
  withLogin(async ({ sandbox, open }) => {
    const session = await open({ onEviction: 'stop' })
    sandbox.evict()
    await assert.rejects(session.getAccounts(), { code: code('EVICTED') })
    for (let i = 0; i < 2; i += 1) {
      await assert.rejects(session.resume(), { code: code('EVICTED'), outcome: 'not-sent' })
    }
    assert.equal(session.status().state, 'stopped')
    assert.equal(logins(sandbox), 1)
    await session.close()
    assert.equal((await (await open({ onEviction: 'stop' })).getAccounts()).length, 2)
    assert.equal(logins(sandbox), 2)
  }))

it('promise 27: contended is ended by resume() where evictions are left at that, too', () =>
  withLogin(async ({ sandbox, open }) => {
    const session = await open({ onEviction: 'stop' })
    sandbox.evict()
    await assert.rejects(session.getAccounts(), { code: code('EVICTED') })
    const other = await open({ onEviction: 'stop' })
    sandbox.evict()
    await assert.rejects(other.getAccounts(), { code: code('CONTENDED') })
    await other.resume()
    assert.equal((await other.getAccounts()).length, 2)
    assert.equal(logins(sandbox), 3)
  }))

function isRemoved(path) {
  try {
    rmSync(path, { recursive: true })
    return true
  } catch (error) {
    if (error.code === 'ENOTEMPTY') return false
    throw error
  }
}

describe("promise 27: a captcha's hour", () => {
  it('of logins is ended by openResumed(), and open() alone does not try', () =>
    withLogin(async ({ sandbox, open }) => {
      sandbox.inject({ endpoint: 'login', penalty: { seconds: 1, captcha: true } })
      for (const _ of [1, 2]) await assert.rejects(open(), { code: code('CAPTCHA') })
      assert.equal(logins(sandbox), 1)
      const resumed = await open({ how: 'openResumed' })
      assert.equal(resumed.status().state, 'active')
      const session = await open()
      assert.equal(session.accessToken, resumed.accessToken)
      assert.equal(logins(sandbox), 2)
    }))

  it('of logins is ended by the command', () =>
    withLogin(async ({ sandbox, open, command }) => {
      sandbox.inject({ endpoint: 'login', penalty: { seconds: 1, captcha: true } })
      await assert.rejects(open(), error => error.code === code('CAPTCHA') && isInAbout(60, error.retryAt))
      const before = await command('token')
      assert.equal(before.status, 3)
      assert.match(before.stderr, /answer the captcha, then run tradovate-session resume, or wait an hour\./)
      assert.equal(logins(sandbox), 1)
      assert.equal((await command('resume')).status, 0)
      await open()
      assert.equal(logins(sandbox), 2)
    }))

  it('of renewals is ended by resume()', () =>
    withLogin(async ({ sandbox, open }) => {
      const session = await open()
      sandbox.inject({ endpoint: 'renew', penalty: { seconds: 1, captcha: true } })
      await assert.rejects(session.renew(), { code: code('CAPTCHA') })
      await assert.rejects(session.renew(), { code: code('CAPTCHA') })
      await session.resume()
      assert.equal((await session.renew()).generation, 2)
      assert.equal(logins(sandbox), 1)
    }))

  it('begins anew if it was not solved', () =>
    withLogin(async ({ sandbox, open, command }) => {
      sandbox.inject({ endpoint: 'login', times: 2, penalty: { seconds: 1, captcha: true } })
      await assert.rejects(open(), { code: code('CAPTCHA') })
      const { status, stdout, stderr } = await command('resume')
      assert.deepEqual([status, stdout], [3, ''])
      assert.match(stderr, /^ERR_TRADOVATE_CAPTCHA: /)
      await assert.rejects(open(), { code: code('CAPTCHA') })
      assert.equal(logins(sandbox), 2)
    }))
})

it('promise 27: credentials that were refused are tried once more', () =>
  withLogin(async ({ sandbox, open, command }) => {
    const throttled = { status: 200, body: '{"errorText":"Incorrect username or password. Please try again."}' }
    sandbox.inject({ endpoint: 'login', times: 2, ...throttled })
    for (let i = 0; i < 3; i += 1) await assert.rejects(open(), { code: code('CREDENTIALS') })
    assert.equal(logins(sandbox), 1)
    const refused = await command('resume')
    assert.equal(refused.status, 3)
    assert.match(refused.stderr, /^ERR_TRADOVATE_CREDENTIALS: /)
    assert.equal(logins(sandbox), 2)
    assert.equal((await command('resume')).status, 0)
    await open()
    assert.equal(logins(sandbox), 3)
  }))

describe("promise 27: Tradovate's own limits stay", () => {
  for (const [status, cause, exitCode] of [
    [429, 'RATE_LIMITED', 1],
    [423, 'LOCKED_OUT', 3],
  ]) {
    it(`a ${status}`, () =>
      withLogin(async ({ sandbox, open, command }) => {
        const session = await open()
        sandbox.inject({ endpoint: 'account', status })
        await assert.rejects(session.getAccounts(), { code: code(cause) })
        const calls = sandbox.counts.calls
        await session.resume()
        await assert.rejects(session.getAccounts(), { code: code(cause) })
        assert.equal(sandbox.counts.calls, calls, 'the token is good, and nothing is asked')
        await session.close()

        const another = { ...sandbox.credentials, appId: 'Another' }
        sandbox.inject({ endpoint: 'login', status })
        await assert.rejects(open({}, another), { code: code(cause) })
        const before = logins(sandbox)
        const resumed = await command('resume', another)
        assert.equal(resumed.status, exitCode)
        assert.match(resumed.stderr, new RegExp(`^${code(cause)}: `))
        assert.equal(logins(sandbox), before)
      }))
  }

  it('the budget of logins', () =>
    withLogin(async ({ sandbox, open }) => {
      const session = await open({ maxLogins: { count: 1, withinMs: 600_000 } })
      sandbox.evict()
      await assert.rejects(session.getAccounts())
      await assert.rejects(session.resume(), error => {
        return error.code === code('LOGIN_BUDGET') && isInAbout(10, error.retryAt)
      })
      assert.equal(logins(sandbox), 1)
    }))
})

it('the command wants a store that others can reach, and no token service', async () => {
  for (const args of [
    ['--store', 'memory'],
    ['--socket', '/run/x/token.sock'],
  ]) {
    const { status, stderr } = await runToEnd(['resume', ...args], { env: { TRADOVATE_NAME: 'n' } })
    assert.equal(status, 2)
    assert.match(stderr, /^ERR_USAGE: /)
  }
})
