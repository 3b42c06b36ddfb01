// The results as one SVG: a group of bars for each row, and a panel for each growth row.

import { COLOURS, heading, line, picture, rect, text } from './drawing.mjs'
import { figure, growthCell } from './report.mjs'
import { bestPeer, FLOOR, OURS } from './statistics.mjs'

const WIDTH = 1_080
const MARGIN = 24
const BARS_AT = 490
const BARS_WIDTH = 400
const MOST_SHOWN = 1.25
const BAR = 11
const GROUP_GAP = 14
const PANEL = { width: 450, height: 190, gap: 32 }

/** The whole picture. */
export function plot({ rows, growth, machine, versions, at }) {
  const parts = [heading(MARGIN, 'tradovate-session against the clients of JavaScript', { machine, versions, at })]
  let y = 96
  const compared = rows.filter(isCompared)
  if (compared.length > 0) {
    const bars = barSection(compared, y)
    parts.push(bars.svg)
    y = bars.bottom + 40
  }
  const panels = growth.filter(row => row.points.length > 0)
  panels.forEach((row, i) => {
    const x = MARGIN + (i % 2) * (PANEL.width + PANEL.gap)
    const top = y + Math.floor(i / 2) * (PANEL.height + 64)
    parts.push(panel(row, x, top))
  })
  const height = y + Math.ceil(panels.length / 2) * (PANEL.height + 64)
  return picture(WIDTH, height, 'The benchmark: each row by client, and growth', parts)
}

/** Round trips have a plot of their own, and tracing compares ours with ours. */
function isCompared(row) {
  return (
    !['round-trips', 'tracing'].includes(row.group) && row.subjects[OURS].median !== null && bestPeer(row) !== undefined
  )
}

/** What a call costs, as a share of what the best peer's costs: shorter is better in every row. */
function barSection(rows, top) {
  const scale = BARS_WIDTH / MOST_SHOWN
  const parts = [legend(top)]
  let y = top + 40
  const start = y
  for (const row of rows) {
    const bars = barsOf(row)
    parts.push(text(BARS_AT - 14, y + (bars.length * BAR) / 2 + 4, row.title, { anchor: 'end' }))
    for (const { cost, label, fill } of bars) {
      parts.push(rect(BARS_AT, y, Math.min(cost, MOST_SHOWN) * scale, BAR - 2, fill))
      const beyond = cost > MOST_SHOWN ? '→ ' : ''
      parts.push(text(BARS_AT + Math.min(cost, MOST_SHOWN) * scale + 6, y + 9, beyond + label, { size: 10 }))
      y += BAR
    }
    y += GROUP_GAP
  }
  const grid = [0, 0.25, 0.5, 0.75, 1].map(share => {
    const x = BARS_AT + share * scale
    const mark = line(x, start - 8, x, y - GROUP_GAP + 4, share === 1 ? COLOURS.dim : COLOURS.faint)
    return mark + text(x, start - 12, share, { size: 10, anchor: 'middle', fill: COLOURS.dim })
  })
  return { svg: [...grid, ...parts].join('\n'), bottom: y }
}

function legend(y) {
  const entries = [
    [COLOURS.ours, 'tradovate-session'],
    [COLOURS.peer, 'the best peer of the row'],
    [COLOURS.floor, 'floor: no Node, or no client'],
  ]
  const parts = entries.map(([fill, name], i) => {
    const x = BARS_AT + i * 175
    return rect(x, y - 9, 10, 10, fill) + text(x + 15, y, name, { size: 11 })
  })
  return text(MARGIN, y, 'cost, the best peer’s = 1: shorter is better', { size: 12, weight: 'bold' }) + parts.join('')
}

function barsOf(row) {
  const peer = bestPeer(row)
  const unit = row.subjects[peer].median
  const bar = (name, fill, prefix) => {
    const { median } = row.subjects[name]
    const cost = row.better === 'lower' ? median / unit : unit / median
    return { cost: Math.max(0, cost), label: `${prefix}${figure(median)} ${row.unit}`, fill }
  }
  const bars = [bar(OURS, COLOURS.ours, ''), bar(peer, COLOURS.peer, `${peer} `)]
  return row.subjects[FLOOR] ? [...bars, bar(FLOOR, COLOURS.floor, '')] : bars
}

/** A line over the sizes, which are drawn evenly: they grow by factors. */
function panel({ title, along, figures, plotted, points }, left, top) {
  const { name, unit } = figures.find(({ key }) => key === plotted)
  const values = points.map(point => point[plotted])
  const most = Math.max(...values) * 1.15 || 1
  const bottom = top + PANEL.height
  const x = i => left + 30 + (i * (PANEL.width - 80)) / Math.max(1, points.length - 1)
  const y = value => bottom - (value / most) * (PANEL.height - 40)
  const path = values.map((value, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join(' ')
  const marks = points.map((point, i) =>
    [
      `<circle cx="${x(i).toFixed(1)}" cy="${y(values[i]).toFixed(1)}" r="3.5" fill="${COLOURS.ours}"/>`,
      text(x(i), y(values[i]) - 9, growthCell(values[i]), { size: 11, anchor: 'middle' }),
      text(x(i), bottom + 16, point.at.toLocaleString('en-US'), { size: 11, anchor: 'middle', fill: COLOURS.dim }),
    ].join(''),
  )
  return [
    text(left, top, `${title}: ${name}${unit ? `, ${unit}` : ''}`, { size: 12, weight: 'bold' }),
    line(left, bottom, left + PANEL.width, bottom, COLOURS.faint),
    `<path d="${path}" fill="none" stroke="${COLOURS.ours}" stroke-width="2"/>`,
    ...marks,
    text(left + PANEL.width, bottom + 32, along, { size: 11, anchor: 'end', fill: COLOURS.dim }),
  ].join('\n')
}
