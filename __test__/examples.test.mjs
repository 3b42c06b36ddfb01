// The examples compile, run against the sandbox, and show what they are there to show.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

function runNode(...args) {
  const ownEnvironment = Object.entries(process.env).filter(([name]) => !name.startsWith('TRADOVATE_'))
  const env = Object.fromEntries(ownEnvironment)
  return spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8', timeout: 60_000 })
}

function runExample(name) {
  const { status, stdout, stderr } = runNode(join('examples', 'build', `${name}.js`))
  assert.equal(stderr, '')
  assert.equal(status, 0, stdout)
  return stdout.trim().split('\n')
}

const count = (lines, pattern) => lines.filter(line => pattern.test(line)).length

describe('examples', () => {
  before(() => {
    const { status, stdout } = runNode(tsc, '-p', 'examples')
    assert.equal(status, 0, stdout)
  })

  it('accounts: requests a token and lists the accounts', () => {
    const [user, ...accounts] = runExample('accounts')
    assert.match(user, /^user \d+: the token is good until \d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.ok(accounts.length > 0)
    for (const account of accounts) assert.match(account, /^account \d+ \S+ \w+$/)
  })

  it('bot: carries on through an outage and an eviction, with one renewal and one more login', {
    timeout: 60_000,
  }, () => {
    const lines = runExample('bot')
    assert.equal(count(lines, /accounts: \S+/), 1)
    assert.equal(count(lines, /warning ERR_TRADOVATE_HTTP$/), 1)
    assert.equal(count(lines, /status degraded$/), 1)
    assert.equal(count(lines, /token \d+ by renewal$/), 1)
    const evicted = lines.findIndex(line => line.includes('a login elsewhere'))
    assert.equal(count(lines.slice(evicted), /token \d+ by login$/), 1)
    const [done, closed] = lines.slice(-2)
    assert.match(done, /done: active, \d+ good polls, 0 failed, 2 logins, 1 renewals$/)
    assert.match(closed, /status closed$/)
    assert.ok(Number(done.trim().split(' ')[0]) < 20, done)
  })
})
