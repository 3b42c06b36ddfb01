// The results as a person reads them.

import { bestPeer, FLOOR, OURS } from './statistics.mjs'

/** A figure with as many digits as it deserves. */
export function figure(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

const withSpread = ({ median, least, most }) => `${figure(median)} (${figure(least)}–${figure(most)})`

/** `0.26 of undici (≤ 0.25): missed` */
export function sentence({ value, isRatio, against, atMost, atLeast, holds }) {
  const target = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`
  const what = isRatio ? `${figure(value)} of ${against}` : figure(value)
  return `${what} (${target}): ${holds ? 'holds' : 'missed'}`
}

/** One table over all rows, in Markdown: medians, and in brackets the least and the most of the runs. */
export function rowsTable(rows) {
  const lines = rows.map(row => {
    const best = row.comparison === 'absolute' ? undefined : bestPeer(row)
    const cells = [
      row.title,
      row.unit,
      withSpread(row.subjects[OURS]),
      best ? `${best} ${withSpread(row.subjects[best])}` : '–',
      row.subjects[FLOOR] ? withSpread(row.subjects[FLOOR]) : '–',
      row.verdicts.map(sentence).join('; '),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| row | unit | tradovate-session | best peer | floor | target |',
    '|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

/** Every subject of a row. */
export function rowDetails({ title, unit, subjects, verdicts }) {
  const width = Math.max(...Object.keys(subjects).map(name => name.length))
  const lines = Object.entries(subjects).map(([name, runs]) => `  ${name.padEnd(width)}  ${withSpread(runs)} ${unit}`)
  return [title, ...lines, ...verdicts.map(verdict => `  → ${sentence(verdict)}`)].join('\n')
}

/** A growth row: a table with a column for each figure. */
export function growthTable({ title, along, figures, points, verdicts }) {
  const head = [along, ...figures.map(({ name, unit }) => (unit ? `${name}, ${unit}` : name))]
  const lines = points.map(point => [point.at, ...figures.map(({ key }) => point[key])].map(growthCell))
  const table = [head, head.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`)
  const held = verdicts.map(({ title, holds }) => `${title}: ${holds ? 'holds' : 'missed'}`)
  return [`**${title}**`, '', ...table, '', held.join('; ')].join('\n')
}

/** A count as it is, a measure as a figure. */
export function growthCell(value) {
  if (value === null) return '–'
  return Number.isInteger(value) ? value.toLocaleString('en-US') : figure(value)
}
