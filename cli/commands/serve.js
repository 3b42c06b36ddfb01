'use strict'
// tradovate-session serve: keeps one login, whose token other processes use, until Ctrl-C or SIGTERM.

const { bindService } = require('../../tradovate-session.js')
const { UsageError } = require('../failure.js')
const { EventLog, wholeText } = require('../event-log.js')
const { linkFile, linkPrinter } = require('../page-link.js')
const { openPage } = require('../page-server.js')
const { openSession, serviceAddressOf } = require('../source.js')
const { entryLine } = require('../render.js')

async function serve(options, context) {
  const address = serviceAddressOf(options)
  if (!address) throw new UsageError('serve needs --socket, or --port and --secret-file')
  const { terminal, stop } = context
  const { metricsPort, pageLinkFile } = options
  const links = pageLinkFile === undefined ? linkPrinter(terminal) : linkFile(pageLinkFile)
  // The address is bound before all else: one that is taken costs no login, however often this is started.
  const bound = await bindService({ ...address, metricsPort })
  const open = [bound]
  try {
    const session = await openSession(options, context)
    open.push(session)
    const eventLog = new EventLog(session, {
      heard: entry => terminal.line(entryLine(entry, wholeText(entry), terminal)),
    })
    const service = await session.serve(bound)
    open.push(service)
    terminal.line(`Serving the token at ${placeOf(service.address)} until Ctrl-C.`)
    if (wantsPage(options)) open.push(await openPageFor({ source: session, service, eventLog }, options, links))
    await stop.asked()
  } finally {
    for (const one of open.reverse()) await one.close()
  }
}

const wantsPage = ({ page, pagePort, pageLinkFile }) => page || pagePort !== undefined || pageLinkFile !== undefined

async function openPageFor(shown, { pagePort }, links) {
  const page = await openPage(shown, { port: pagePort, linked: link => links.tell(link) })
  return {
    async close() {
      await page.close()
      links.end()
    },
  }
}

function placeOf({ socketPath, port, secretFile }) {
  return socketPath ?? `127.0.0.1:${port}, with the secret in ${secretFile},`
}

module.exports = { serve }
