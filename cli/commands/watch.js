'use strict'
// tradovate-session watch: shows a token and its events until Ctrl-C.

const { EventLog, textsBelow, wholeText } = require('../event-log.js')
const { hostOf, withSource } = require('../source.js')
const { barWidth, entryLine, renewalLine, statusLines } = require('../render.js')

const FRAME_MS = 250
const LINES_AROUND_EVENTS = 13

async function watch(options, context) {
  await withSource(options, context, source =>
    context.terminal.isInteractive ? watchLive(source, context) : watchPlainly(source, context),
  )
}

async function watchLive(source, { terminal, stop }) {
  const eventLog = new EventLog(source)
  const show = () => terminal.frame(frame(source, eventLog, Date.now(), terminal))
  const timer = setInterval(show, FRAME_MS)
  try {
    show()
    await stop.asked()
  } finally {
    clearInterval(timer)
  }
}

function frame(source, eventLog, now, terminal) {
  const status = source.status()
  const room = Math.max(1, terminal.height() - LINES_AROUND_EVENTS)
  const entries = eventLog.entries.slice(-room)
  const texts = textsBelow(status.reason, entries)
  return [
    ...statusLines(status, now, terminal, { host: hostOf(source) }),
    '',
    renewalLine(status, eventLog.tokenSince, now, barWidth(terminal)),
    '',
    terminal.bold('Events'),
    ...entries.map((entry, i) => entryLine(entry, texts[i], terminal)),
    '',
    terminal.dim('Ctrl-C ends the view.'),
  ]
}

async function watchPlainly(source, { terminal, stop }) {
  new EventLog(source, { heard: entry => terminal.line(entryLine(entry, wholeText(entry), terminal)) })
  const place = { host: hostOf(source) }
  for (const line of statusLines(source.status(), Date.now(), terminal, place)) terminal.line(line)
  await stop.asked()
}

module.exports = { watch }
