'use strict'
// Shows a session in lines of text.

const { describe } = require('./failure.js')
const { progressBar } = require('./terminal.js')
const { clockTime, count, dayTime, duration } = require('./format.js')

const STATE_COLOURS = { active: 'green', degraded: 'yellow', waiting: 'yellow', contended: 'red', stopped: 'red' }
const ENTRY_COLOURS = { token: 'green', warning: 'yellow' }
const COUNTS = [
  ['logins', 'login'],
  ['renewals', 'renewal'],
  ['adoptions', 'adoption'],
  ['failures', 'failure'],
]

/** The endings of the names of Tradovate's own hosts. A test compares them with the core's. */
const TRADOVATES = ['.tradovateapi.com', '.tradovate.com', '.ninjatrader.com']

/**
 * Gives the state of a session, its token, times and counts. A `host` that is not Tradovate's is shown in place of the environment.
 * `isKept` tells whether this process or a token service keeps the session.
 */
function statusLines(status, now, terminal, { host, isKept = true } = {}) {
  const { state, environment, userId, generation, expiresAt, renewsAt, retryAt, reason, address } = status
  const paint = terminal[STATE_COLOURS[state]] ?? terminal.dim
  const user = userId === undefined ? '' : `, user ${userId}`
  const isTradovates = host === undefined || TRADOVATES.some(end => host.endsWith(end))
  const lines = [`Session ${paint(state)} (${isTradovates ? environment : host}${user})`]
  if (expiresAt) lines.push(`Token ${generation} is good until ${timeAndDistance(expiresAt, now)}.`)
  else lines.push(generation === 0 ? 'There is no token yet.' : `Token ${generation} is not good any more.`)
  if (renewsAt) {
    const due = isKept ? 'The next renewal is due at' : 'A process that keeps this login renews it at'
    lines.push(`${due} ${timeAndDistance(renewsAt, now)}.`)
  }
  // A session that is contended makes no try by itself.
  const isTried = retryAt && state !== 'contended'
  if (isTried) lines.push(`The next try is due at ${timeAndDistance(retryAt, now)}.`)
  if (reason) lines.push(paint(describe(reason, { withTime: !isTried, now })))
  const counts = COUNTS.filter(([key]) => status[key] !== undefined).map(([key, noun]) => count(status[key], noun))
  if (counts.length > 0) lines.push(`${counts.join(', ')}.`)
  if (address?.logins > 0) lines.push(addressLine(address, terminal))
  return lines
}

/** Gives the counts of the address ledger. A token service does not tell them. */
function addressLine({ logins, renewals, refusedLogins, overfull }, terminal) {
  const made = `${count(renewals, 'renewal')} and ${count(refusedLogins, 'refused login')}`
  const line = `This machine keeps ${count(logins, 'login')}: ${made} in the last hour.`
  return overfull ? terminal.yellow(`${line} That is more than renewals alone can keep.`) : line
}

function timeAndDistance(date, now) {
  const left = date.getTime() - now
  return `${dayTime(date, now)}, ${left > 0 ? `in ${duration(left)}` : 'now'}`
}

/** Gives the time to the next renewal as one line. */
function renewalLine({ state, renewsAt }, from, now, barWidth) {
  if (!renewsAt) return `Session ${state}; no renewal is planned.`
  const left = Math.max(0, renewsAt.getTime() - now)
  const whole = Math.max(1, renewsAt.getTime() - from)
  return `Next renewal ${progressBar(1 - left / whole, Math.max(4, barWidth))}  ${left === 0 ? 'now' : `in ${duration(left)}`}`
}

/** Gives the width of a bar that leaves room for its words. */
const barWidth = terminal => Math.min(30, terminal.width() - 31)

/** Gives an event as a line: with the time of day in a terminal, and with the date in a log. `text` is what is shown of it. */
function entryLine({ at, kind }, text, terminal) {
  if (!terminal.isInteractive) return `${at.toISOString()} ${text}`
  const paint = terminal[ENTRY_COLOURS[kind]] ?? (plain => plain)
  return `${terminal.dim(clockTime(at))}  ${paint(text)}`
}

module.exports = { TRADOVATES, barWidth, entryLine, renewalLine, statusLines }
