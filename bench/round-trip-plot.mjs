// Round trips of a call by idle time as one SVG: a panel for each distance and each habit of the server, a line for each client.

import { COLOURS, heading, line, picture, rect, text } from './drawing.mjs'
import { figure } from './report.mjs'
import { OURS, OURS_NOT_WARM } from './statistics.mjs'

const WIDTH = 980
const MARGIN = 24
const PANEL = { width: 450, height: 190, gap: 32 }
const FIRST_PANEL = 168
/** What is above this is drawn at the edge: a new connection takes 3. */
const MOST_SHOWN = 5
/** Lines that would cover one another are drawn beside one another. */
const APART = 2.5

const PEER_COLOURS = ['#cf222e', '#8250df', '#bf8700', '#1a7f37', '#0598bc', '#bc4c00', '#656d76']

/** `rows` are those with round trips. */
export function plotRoundTrips(rows, about) {
  const names = [...new Set(rows.flatMap(row => Object.keys(row.subjects)))]
  const colours = coloursOf(names)
  const titles = [...new Set(rows.map(panelTitle))]
  const parts = titles.map((title, i) => {
    const ofPanel = rows.filter(row => panelTitle(row) === title)
    const left = MARGIN + (i % 2) * (PANEL.width + PANEL.gap)
    return panel(title, ofPanel, colours, left, FIRST_PANEL + Math.floor(i / 2) * (PANEL.height + 84))
  })
  const height = FIRST_PANEL + Math.ceil(titles.length / 2) * (PANEL.height + 84)
  const top = [heading(MARGIN, 'Round trips of a call after an idle time', about), legend(colours)]
  return picture(WIDTH, height, 'Round trips of a call by idle time and client', [...top, ...parts])
}

function coloursOf(names) {
  const own = { [OURS]: COLOURS.ours, [OURS_NOT_WARM]: '#79b8ff' }
  const peers = names.filter(name => !own[name])
  return new Map(names.map(name => [name, own[name] ?? PEER_COLOURS[peers.indexOf(name) % PEER_COLOURS.length]]))
}

function panelTitle({ server: { roundTripMs, idleCloseMs } }) {
  const closing = idleCloseMs ? `closes connections idle for ${idleCloseMs / 1e3} s` : 'closes no connection'
  return `${roundTripMs} ms away, a server that ${closing}`
}

function legend(colours) {
  const parts = [...colours].map(([name, fill], i) => {
    const x = MARGIN + (i % 4) * 240
    const y = 100 + Math.floor(i / 4) * 18
    return rect(x, y - 9, 10, 10, fill) + text(x + 15, y, name, { size: 11 })
  })
  return parts.join('\n')
}

/** Lines over the idle times, which are drawn evenly; a cross is a row in which all calls of a client were lost. */
function panel(title, rows, colours, left, top) {
  const sorted = [...rows].sort((a, b) => a.idleMs - b.idleMs)
  const bottom = top + PANEL.height
  const x = i => left + 40 + (i * (PANEL.width - 80)) / Math.max(1, sorted.length - 1)
  const y = value => bottom - (Math.min(value, MOST_SHOWN) / MOST_SHOWN) * (PANEL.height - 30)
  const grid = [0, 1, 2, 3, 4, 5].map(
    value =>
      line(left + 20, y(value), left + PANEL.width, y(value), COLOURS.faint) +
      text(left + 14, y(value) + 4, value, { size: 10, anchor: 'end', fill: COLOURS.dim }),
  )
  const times = sorted.map(({ idleMs }, i) =>
    text(x(i), bottom + 16, `${idleMs / 1e3} s`, { size: 11, anchor: 'middle', fill: COLOURS.dim }),
  )
  const lines = [...colours].map(([name, colour], place) => {
    const shift = (place - colours.size / 2) * APART
    const at = sorted.map((row, i) => ({ x: x(i) + shift, value: row.subjects[name]?.median ?? null }))
    return lineOf(at, y, colour, name === OURS ? 3 : 1.5)
  })
  return [
    text(left, top, title, { size: 12, weight: 'bold' }),
    ...grid,
    ...times,
    ...lines.reverse(),
    text(left + PANEL.width, bottom + 34, 'idle before the call; round trips of it', {
      size: 11,
      anchor: 'end',
      fill: COLOURS.dim,
    }),
  ].join('\n')
}

function lineOf(points, y, colour, width) {
  const known = points.filter(({ value }) => value !== null)
  const path = known.map(({ x, value }, i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y(value).toFixed(1)}`).join(' ')
  const marks = points.map(({ x, value }) => {
    if (value === null) return text(x, y(0) - 4, '×', { size: 14, anchor: 'middle', fill: colour })
    const mark = `<circle cx="${x.toFixed(1)}" cy="${y(value).toFixed(1)}" r="${width + 1}" fill="${colour}"/>`
    return value > MOST_SHOWN ? mark + text(x, y(value) - 6, figure(value), { size: 10, anchor: 'middle' }) : mark
  })
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}"/>${marks.join('')}`
}
