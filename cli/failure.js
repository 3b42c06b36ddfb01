'use strict'
// Tells a failure to a person, in one line, and to a script, by the exit code.

const { printable } = require('./terminal.js')
const { clockTime } = require('./format.js')

const EXIT = { ok: 0, failed: 1, usage: 2, personNeeded: 3 }

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
  ERR_TRADOVATE_PENALTY: 'Wait until then.',
  ERR_TRADOVATE_RATE_LIMITED: 'Wait an hour; each further try makes it longer.',
  ERR_TRADOVATE_LOCKED_OUT: 'Stop everything that uses this login for an hour.',
  ERR_TRADOVATE_LOGIN_BUDGET: 'Wait until then.',
  ERR_TRADOVATE_CONTENDED:
    'Stop the other program or browser that logs in as this user, or give the bot a user of its own; then run tradovate-session resume.',
  ERR_TRADOVATE_CONNECT: 'Check the network, and TRADOVATE_BASE_URL if it is set.',
  ERR_TRADOVATE_TIMEOUT: 'Check the network; Tradovate is also down for maintenance at set hours.',
  ERR_TRADOVATE_HTTP: 'Tradovate has a fault or is down for maintenance: try again later.',
  ERR_TRADOVATE_STORE:
    'Check the store that --store or TRADOVATE_SESSION_STORE names; --store memory does without, by a login of its own.',
  ERR_TRADOVATE_STORE_MISMATCH:
    'Give the key that it was sealed with (TRADOVATE_SESSION_STORE_KEY or --store-key), or choose another store with --store.',
  ERR_TRADOVATE_SERVICE: 'Check that the token service runs, and --socket, or --port and --secret-file.',
  ERR_TRADOVATE_SERVICE_MISMATCH: 'Use the token service of this environment and user.',
  EADDRINUSE: 'Choose another port, or end the program that has this one.',
  EACCES: 'Choose something that this user may use.',
}

/** The command line asks for something that cannot be done. */
class UsageError extends Error {
  code = 'ERR_USAGE'
}

/** Gives an error as one line: its code, what happened and why, and what to do. */
function describe(error) {
  const causes = causesOf(error)
  const because = causes.map(cause => ` (${toldBy(cause)})`).join('')
  const advice = [error, ...causes].map(({ code }) => ADVICE[code]).find(Boolean)
  const until = error.retryAt ? ` Trying again can help from ${clockTime(error.retryAt)} on.` : ''
  const told = asSentence(`${toldBy(error)}${because}`)
  return printable(`${told}${advice ? ` ${advice}` : ''}${until}`)
}

const toldBy = ({ code, message }) => `${code}: ${message.replace(/\.$/, '')}`
const asSentence = text => (/[?!]$/.test(text) ? text : `${text}.`)

function causesOf({ cause }) {
  return cause?.code ? [cause, ...causesOf(cause)] : []
}

function exitCodeOf(error) {
  if (error.needsPerson) return EXIT.personNeeded
  return ['ERR_USAGE', 'ERR_TRADOVATE_CONFIG'].includes(error.code) ? EXIT.usage : EXIT.failed
}

module.exports = { describe, EXIT, exitCodeOf, UsageError }
