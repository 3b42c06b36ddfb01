'use strict'
// tradovate-session resume: takes a person's word, for all processes of the login, that the cause of a stop is mended.

const { Session } = require('../../tradovate-session.js')
const { EXIT, UsageError } = require('../failure.js')
const { credentialsOf, sessionOptionsOf } = require('../login.js')
const { statusLines } = require('../render.js')
const { hostOf } = require('../source.js')

async function resume(options, context) {
  const { terminal, stop } = context
  const settings = sessionOptionsOf(options, context)
  if (settings.store?.type === 'memory') {
    throw new UsageError('No process can reach the session of another one in memory; start that one again')
  }
  const credentials = await credentialsOf(options, context)
  // A session would fall back to memory where the default folder cannot be used, and no other process would see the token.
  const store = settings.store ?? { type: 'file' }
  const session = await Session.openResumed(credentials, { ...settings, store, signal: stop.signal })
  try {
    const place = { host: hostOf(session), isKept: false }
    for (const line of statusLines(session.status(), Date.now(), terminal, place)) terminal.line(line)
  } finally {
    await session.close()
  }
  return EXIT.ok
}

module.exports = { resume }
