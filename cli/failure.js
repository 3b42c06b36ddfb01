'use strict'
// Tells a failure to a person, in one line, and to a script, by the exit code.

const { printable } = require('./terminal.js')
const { dayTime } = require('./format.js')

const EXIT = { ok: 0, failed: 1, usage: 2, personNeeded: 3 }
const EXIT_MEANINGS = {
  ok: 'done',
  failed: 'failed',
  usage: 'cannot be done as it was asked for',
  personNeeded: 'a person is needed',
}

const ADVICE = {
  ERR_USAGE: 'See tradovate-session --help.',
  ERR_TRADOVATE_CONFIG: 'Check the TRADOVATE_* variables and what else was given.',
  ERR_TRADOVATE_CREDENTIALS:
    'Check name, password, cid and sec (TRADOVATE_NAME, TRADOVATE_PASSWORD and so on); do not try again and again. If they are right, tradovate-session resume tries them once.',
  ERR_TRADOVATE_EXTRA_FACTOR:
    'Sign in once on the Tradovate web site and answer what it asks, then run tradovate-session resume.',
  ERR_TRADOVATE_ACCOUNT_STATUS:
    'Sign in once on the Tradovate web site to see what is wrong with the account; once it is mended, run tradovate-session resume.',
  ERR_TRADOVATE_CAPTCHA:
    'Sign in once on the Tradovate web site and answer the captcha, then run tradovate-session resume, or wait an hour.',
  ERR_TRADOVATE_RATE_LIMITED: 'Each further try makes it longer.',
  ERR_TRADOVATE_LOCKED_OUT: 'Stop everything that uses this login for an hour.',
  ERR_TRADOVATE_CONTENDED:
    'Stop the other program or browser that logs in as this user, or give the bot a user of its own; then run tradovate-session resume.',
  ERR_TRADOVATE_CONNECT: 'Check the network, and TRADOVATE_BASE_URL if it is set.',
  ERR_TRADOVATE_TIMEOUT: 'Check the network; Tradovate is also down for maintenance at set hours.',
  ERR_TRADOVATE_HTTP: 'Tradovate has a fault or is down for maintenance: try again later.',
  ERR_TRADOVATE_STORE:
    'Check the store that --store or TRADOVATE_SESSION_STORE names; --store memory does without, by a login of its own.',
  ERR_TRADOVATE_STORE_MISMATCH:
    'Check the key (TRADOVATE_SESSION_STORE_KEY or --store-key; none if it is not sealed), and --store.',
  ERR_TRADOVATE_SERVICE: 'Check that the token service runs, and --socket, or --port and --secret-file.',
  ERR_TRADOVATE_SERVICE_MISMATCH: 'Use the token service of this environment and user.',
  EADDRINUSE: 'Choose another port, or end the program that has this one.',
  EACCES: 'Choose something that this user may use.',
}

/** The core's advice to programs, where ADVICE tells a person the same. A test compares it with the core. */
const ADVICE_FOR_PROGRAMS = [
  ' (not tried again for an hour, unless the credentials change or resume() is called)',
  '. Stop it, or give this bot a user of its own; then call resume(), or wait until `retryAt` and open a new session',
  '; a person must log in on its web site, then call resume(), or wait an hour',
  '; a person must log in on its web site, or wait an hour',
  '; log in on its web site once',
  '; stop every program that uses it and wait',
  '; nothing is asked before `retryAt`',
  '; give store.key the key that sealed it, or choose another store',
  '; leave store.key out, or choose another store',
  '; asking again before `retryAt` makes it longer',
]

/** The command line asks for something that cannot be done. */
class UsageError extends Error {
  code = 'ERR_USAGE'
}

/** Takes an error apart: its `code`, `what` happened and why, the `advice` for a person, and from when trying again can help. */
function partsOf(error) {
  const causes = causesOf(error)
  const because = causes.map(cause => ` (${toldBy(cause)})`).join('')
  return {
    code: error.code,
    what: printable(asSentence(`${toldBy(error)}${because}`)),
    advice: [error, ...causes].map(({ code }) => ADVICE[code]).find(Boolean),
    retryAt: error.retryAt,
  }
}

/** Gives an error as one line: its code, what happened and why, what to do and, unless the line above says it, until when. */
function describe(error, { withTime = true, now = Date.now() } = {}) {
  const { what, advice, retryAt } = partsOf(error)
  const until = withTime && retryAt && `Trying again can help from ${dayTime(retryAt, now)} on.`
  return [what, advice, until].filter(Boolean).join(' ')
}

const toldBy = ({ code, message }) => `${code}: ${withoutAdvice(message).replace(/\.$/, '')}`
const withoutAdvice = message => ADVICE_FOR_PROGRAMS.reduce((text, advice) => text.replace(advice, ''), message)
const asSentence = text => (/[?!]$/.test(text) ? text : `${text}.`)

function causesOf({ cause }) {
  return cause?.code ? [cause, ...causesOf(cause)] : []
}

function exitCodeOf(error) {
  if (error.needsPerson) return EXIT.personNeeded
  return ['ERR_USAGE', 'ERR_TRADOVATE_CONFIG'].includes(error.code) ? EXIT.usage : EXIT.failed
}

module.exports = { ADVICE_FOR_PROGRAMS, describe, EXIT, EXIT_MEANINGS, exitCodeOf, partsOf, UsageError }
