'use strict'
// tradovate-session serve: one login, whose token other processes use, until Ctrl-C or SIGTERM.

const { UsageError } = require('../failure.js')
const { Journal } = require('../journal.js')
const { openSession, serviceAddressOf } = require('../source.js')
const { entryLine } = require('../view.js')

async function serve(options, context) {
  const address = serviceAddressOf(options)
  if (!address) throw new UsageError('serve needs --socket, or --port and --secret-file')
  const { terminal, stop } = context
  const session = await openSession(options, context)
  try {
    new Journal(session, { heard: entry => terminal.line(entryLine(entry, terminal)) })
    const { metricsPort } = options
    const service = await session.serve({ ...address, ...(metricsPort !== undefined && { metricsPort }) })
    try {
      terminal.line(`Serving the token at ${placeOf(service.address)} until Ctrl-C.`)
      await stop.asked()
    } finally {
      await service.close()
    }
  } finally {
    await session.close()
  }
}

function placeOf({ socketPath, port, secretFile }) {
  return socketPath ?? `127.0.0.1:${port}, with the secret in ${secretFile},`
}

module.exports = { serve }
