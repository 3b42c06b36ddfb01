'use strict'
// Writes to people, in a terminal or into a log file.

const { stripVTControlCharacters } = require('node:util')

const PLAIN_LIVE_EVERY_MS = 3000

/**
 * Makes a writer for `stream`. In a terminal it rewrites a live line, or a frame of lines, in place, and uses colours unless
 * NO_COLOR is set. In a file or pipe it uses no control codes, and prints a live line every few seconds.
 */
function createTerminal(stream = process.stdout, { env = process.env, now = Date.now } = {}) {
  const isTTY = Boolean(stream.isTTY)
  const isInteractive = isTTY && env.TERM !== 'dumb'
  const hasColours = isInteractive && !env.NO_COLOR
  const width = () => (isTTY && stream.columns) || 120
  const height = () => (isTTY && stream.rows) || 24
  const paint = code => text => (hasColours ? `\u001b[${code}m${text}\u001b[0m` : text)
  let liveLength = 0
  let frameHeight = 0
  let lastLive = Number.NEGATIVE_INFINITY

  function clearLive() {
    if (liveLength > 0) stream.write(`\r${' '.repeat(liveLength)}\r`)
    liveLength = 0
  }

  return {
    isInteractive,
    width,
    height,
    bold: paint(1),
    dim: paint(2),
    green: paint(32),
    yellow: paint(33),
    red: paint(31),
    line(text = '') {
      clearLive()
      stream.write(`${text}\n`)
    },
    live(text) {
      if (isTTY) {
        const fitted = fit(text, width() - 1)
        stream.write(`\r${fitted.padEnd(liveLength)}`)
        liveLength = fitted.length
      } else if (now() - lastLive >= PLAIN_LIVE_EVERY_MS) {
        lastLive = now()
        stream.write(`${text}\n`)
      }
    },
    endLive: clearLive,
    /** Puts lines where the last frame was; only for a stream that is interactive. */
    frame(lines) {
      const shown = lines.slice(0, height() - 1).map(line => fitPainted(line, width() - 1))
      const back = frameHeight > 0 ? `\u001b[${frameHeight}A\r\u001b[J` : ''
      stream.write(`${back}${shown.map(line => `${line}\n`).join('')}`)
      frameHeight = shown.length
    },
  }
}

function fit(text, width) {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text
}

function fitPainted(text, width) {
  const plain = stripVTControlCharacters(text)
  return plain.length > width ? fit(plain, width) : text
}

/** Gives `[#####-----]  50 %` for a fraction of one half and a width of ten. */
function progressBar(fraction, width) {
  const share = Math.min(1, Math.max(0, fraction))
  const filled = Math.round(share * width)
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}] ${String(Math.round(share * 100)).padStart(3)} %`
}

/** Gives the lines of a table with a heading, cut to `width`. Numbers are aligned to the right. */
function tableLines(columns, rows, width) {
  const cells = rows.map(row => columns.map(({ key }) => cellText(row[key])))
  const isNumeric = columns.map(({ key }) => rows.length > 0 && rows.every(row => typeof row[key] === 'number'))
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...cells.map(row => row[i].length)))
  const align = (text, i) => (isNumeric[i] ? text.padStart(widths[i]) : text.padEnd(widths[i]))
  const heading = columns.map(({ title }, i) => align(title, i)).join('  ')
  const rule = widths.map(length => '-'.repeat(length)).join('  ')
  return [heading, rule, ...cells.map(row => row.map(align).join('  '))].map(line => fit(line.trimEnd(), width))
}

function cellText(value) {
  if (value === undefined || value === null) return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return printable(String(value))
}

/** Removes control characters and those that turn the direction of writing: text from outside must not control the terminal. */
function printable(text) {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, ' ')
}

module.exports = { createTerminal, printable, progressBar, tableLines }
