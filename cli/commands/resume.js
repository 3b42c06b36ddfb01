'use strict'
// tradovate-session resume: a person's word that what they were asked to do is done, for all processes of the login.

const { Session } = require('../../index.js')
const { EXIT, UsageError } = require('../failure.js')
const { credentialsOf, sessionOptionsOf } = require('../login.js')
const { statusLines } = require('../render.js')

async function resume(options, context) {
  const { terminal, stop } = context
  const settings = sessionOptionsOf(options, context)
  if (settings.store?.type === 'memory') throw new UsageError('Another process cannot reach a session in memory')
  const credentials = await credentialsOf(options, context)
  // Where the default folder cannot be used there is nothing that others would see.
  const store = settings.store ?? { type: 'file' }
  const session = await Session.openResumed(credentials, { ...settings, store, signal: stop.signal })
  try {
    for (const line of statusLines(session.status(), Date.now(), terminal)) terminal.line(line)
  } finally {
    await session.close()
  }
  return EXIT.ok
}

module.exports = { resume }
