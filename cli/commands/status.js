'use strict'
// tradovate-session status: asks the store or a token service for the state of a login, without any call to Tradovate.

const { storedStatus } = require('../../tradovate-session.js')
const { EXIT, UsageError } = require('../failure.js')
const { identityOf, sessionOptionsOf } = require('../login.js')
const { hostOf, serviceAddressOf, withSource } = require('../source.js')
const { statusLines } = require('../render.js')

// A service that runs answers at once.
const PATIENCE_MS = 1500

async function status(options, context) {
  const { terminal } = context
  const isService = serviceAddressOf(options) !== undefined
  const { found, host } = isService
    ? await withSource(options, context, source => ({ found: source.status(), host: hostOf(source) }), PATIENCE_MS)
    : await statusInStore(options, context)
  if (options.json) terminal.line(JSON.stringify(found ? plain(found) : null))
  else for (const line of lines(found, host, isService, terminal)) terminal.line(line)
  return exitCodeFor(found)
}

async function statusInStore(options, context) {
  const settings = sessionOptionsOf(options, context)
  if (settings.store?.type === 'memory') throw new UsageError('Another process cannot look into a store in memory')
  const identity = await identityOf(options, context)
  const found = await storedStatus(identity, { ...settings, signal: context.stop.signal })
  return { found, host: settings.baseUrl && new URL(settings.baseUrl).host }
}

function lines(found, host, isService, terminal) {
  if (!found) return ['Nothing is stored for this login: tradovate-session accounts, or a bot, logs in.']
  const told = statusLines(found, Date.now(), terminal, { host, isKept: isService })
  return isService
    ? told
    : [...told, terminal.dim('This is what the store says; it does not tell whether a process keeps this login.')]
}

function plain({ reason, ...rest }) {
  if (!reason) return rest
  const { code, message, needsPerson, retryAt } = reason
  return { ...rest, reason: { code, message, needsPerson, retryAt } }
}

function exitCodeFor(found) {
  if (found?.reason?.needsPerson) return EXIT.personNeeded
  return found?.expiresAt ? EXIT.ok : EXIT.failed
}

module.exports = { status }
