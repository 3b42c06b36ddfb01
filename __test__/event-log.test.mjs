// The events of a session in words: whole in a log, and without repetition below what is shown of its state.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { EventLog, textsBelow, wholeText } from '../cli/event-log.js'
import { statusLines } from '../cli/render.js'
import { createTerminal } from '../cli/terminal.js'
import tradovate from '../index.js'

const { NetworkError, SessionError } = tradovate
const plain = createTerminal({ write() {} })

const outage = () => new NetworkError('renewal: Tradovate answered HTTP 503', { code: 'ERR_TRADOVATE_HTTP' })
const contended = retryAt =>
  new SessionError(
    'it was taken: another program logs in as this user. Stop it, or give this bot a user of its own; then call resume(), or wait until `retryAt` and open a new session',
    { code: 'ERR_TRADOVATE_CONTENDED', needsPerson: true, retryAt },
  )

function logOf(run) {
  const source = new EventEmitter()
  const log = new EventLog(source, { now: () => 0 })
  run(source, log)
  return log
}

test('a line of a log stands alone; the state that a failure led to does not say it again', () => {
  const { entries } = logOf(source => {
    source.emit('warning', outage())
    source.emit('status', { state: 'degraded', reason: outage() })
    source.emit('status', { state: 'contended', reason: contended() })
    source.emit('status', { state: 'active' })
  })
  const told = 'ERR_TRADOVATE_HTTP: renewal: Tradovate answered HTTP 503.'
  assert.deepEqual(entries.map(wholeText), [
    `${told} Tradovate has a fault or is down for maintenance: try again later.`,
    'Now degraded.',
    'Now contended. ERR_TRADOVATE_CONTENDED: it was taken: another program logs in as this user. Stop the other program or browser that logs in as this user, or give the bot a user of its own; then run tradovate-session resume.',
    'Now active.',
  ])
  assert.deepEqual(textsBelow(contended(), entries), [
    told,
    'Now degraded.',
    'Now contended. ERR_TRADOVATE_CONTENDED, as above.',
    'Now active.',
  ])
})

test('what was told above is told by its code alone', () => {
  const { entries } = logOf(source => {
    for (let i = 0; i < 3; i += 1) source.emit('warning', outage())
  })
  const again = 'ERR_TRADOVATE_HTTP, as above.'
  assert.deepEqual(textsBelow(outage(), entries), [again, again, again])
  assert.deepEqual(textsBelow(undefined, entries).slice(1), [again, again])
})

test('the last good call is a login, a renewal, or what somebody notes; a token that was adopted is none', () => {
  const token = how => ({ generation: 1, expirationTime: '2026-01-01T00:00:00Z', how })
  const { lastCall } = logOf(source => source.emit('token', token('renewal')))
  assert.deepEqual(lastCall, { what: 'renewal', at: 0 })
  assert.equal(logOf(source => source.emit('token', token('adopted'))).lastCall, undefined)
  assert.deepEqual(logOf((_source, log) => log.called('list of accounts')).lastCall, {
    what: 'list of accounts',
    at: 0,
  })
})

test('a status names the host that is called in place of the environment, unless it is one of Tradovate', () => {
  const first = host =>
    statusLines({ state: 'active', environment: 'demo', generation: 1, userId: 7 }, 0, plain, { host })[0]
  assert.equal(first('127.0.0.1:4010'), 'Session active (127.0.0.1:4010, user 7)')
  assert.equal(first('tradovate.com.example'), 'Session active (tradovate.com.example, user 7)')
  for (const host of [undefined, 'demo.tradovateapi.com', 'd2.tradovate.com', 'a.ninjatrader.com'])
    assert.equal(first(host), 'Session active (demo, user 7)')
})

test('a status tells when the token is renewed, and by whom only where that is known', () => {
  const renewsAt = new Date(900_000)
  const status = { state: 'active', environment: 'live', generation: 1, expiresAt: renewsAt, renewsAt }
  const time = renewsAt.toTimeString().slice(0, 8)
  assert.equal(statusLines(status, 0, plain)[2], `The next renewal is due at ${time}, in 15 min.`)
  const unkept = statusLines(status, 0, plain, { isKept: false })[2]
  assert.equal(unkept, `A process that keeps this login renews it at ${time}, in 15 min.`)
})

test('a status tells when it is tried again once, and not as a try what only can help', () => {
  const retryAt = new Date(900_000)
  const told = (state, reason) => {
    const status = { state, environment: 'live', generation: 1, retryAt, reason }
    return statusLines(status, 0, plain).filter(line => line.includes('try ') || line.includes('Trying'))
  }
  const time = retryAt.toTimeString().slice(0, 8)
  const waits = new NetworkError('x', { code: 'ERR_TRADOVATE_CONNECT', retryAt })
  assert.deepEqual(told('waiting', waits), [`The next try is due at ${time}, in 15 min.`])
  const [only, ...others] = told('contended', contended(retryAt))
  assert.match(only, new RegExp(`Trying again can help from ${time} on\\.$`))
  assert.deepEqual(others, [])
})
