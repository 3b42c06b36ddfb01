'use strict'
// Gives a command its token, from a token service or by a login of its own.

const { UsageError } = require('./failure.js')
const { credentialsOf, sessionOptionsOf } = require('./login.js')
const tradovate = require('../tradovate-session.js')

const MINE = ['credentials', 'baseUrl', 'store', 'storePrefix', 'storeKey']

/** Gives the address that --socket, or --port and --secret-file, name; undefined where none of them is given. */
function serviceAddressOf({ socket, port, secretFile }) {
  if (socket !== undefined) {
    if (port !== undefined || secretFile !== undefined) {
      throw new UsageError('--socket does not go with --port and --secret-file')
    }
    return { socketPath: socket }
  }
  if (port === undefined && secretFile === undefined) return undefined
  if (port === undefined || secretFile === undefined) throw new UsageError('--port and --secret-file go together')
  return { port, secretFile }
}

/** Runs `use` with a TokenSource, and closes it. Waits for a token service as long as --timeout says, or else for `patienceMs`. */
async function withSource(options, context, use, patienceMs) {
  const source = await openSource(options, context, patienceMs)
  try {
    return await use(source)
  } finally {
    await source.close()
  }
}

async function openSource(options, context, patienceMs) {
  const address = serviceAddressOf(options)
  if (!address) return openSession(options, context)
  const unused = MINE.find(name => options[name] !== undefined)
  if (unused)
    throw new UsageError(`A token service has a login of its own, so ${flagOf(unused)} cannot be used with it`)
  const { environment, timeout = patienceMs } = options
  return tradovate.connect({
    ...address,
    keepWarm: false,
    ...(environment !== undefined && { environment }),
    ...waitOf({ timeout }, context),
  })
}

/** Gives the options of one call that waits. */
function waitOf({ timeout }, { stop }) {
  return { signal: stop.signal, ...(timeout !== undefined && { timeoutMs: timeout }) }
}

const flagOf = name => `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

async function openSession(options, context) {
  // Options are checked first: nobody types a password for options that cannot work.
  const settings = sessionOptionsOf(options, context)
  const credentials = await credentialsOf(options, context)
  // A command calls at once or not at all.
  return tradovate.Session.open(credentials, { ...settings, keepWarm: false, signal: context.stop.signal })
}

module.exports = { openSession, serviceAddressOf, waitOf, withSource }
