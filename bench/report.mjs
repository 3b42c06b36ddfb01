// The results as a person reads them.

import { bestPeer, FLOOR, OURS } from './statistics.mjs'

/** A figure with as many digits as it deserves. */
export function figure(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

const spread = ({ median, least, most }) =>
  median === null ? 'none' : `${figure(median)} (${figure(least)}–${figure(most)})`

/** Medians, and in brackets the least and the most of the runs; then what became of calls, where that is not as it should be. */
const withCounts = runs => [spread(runs), ...losses(runs)].join(', ')

function losses({ counts = {} }) {
  const { calls, lost = 0, twice = 0, extra = 0 } = counts
  return [
    lost > 0 && `${lost} of ${calls} calls lost`,
    twice > 0 && `${twice} of ${calls} sent twice`,
    extra > 0 && `${extra} further ones`,
  ].filter(Boolean)
}

/** `0.26 of undici (≤ 0.25): missed` */
export function sentence({ value, isRatio, against, atMost, atLeast, what, holds }) {
  const target = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`
  const held = holds ? 'holds' : 'missed'
  if (value === null) return `no figure (${target}): ${held}`
  if (what) return `${value} ${what} (${target}): ${held}`
  return `${isRatio ? `${figure(value)} of ${against}` : figure(value)} (${target}): ${held}`
}

/** One table over all rows, in Markdown. */
export function rowsTable(rows) {
  const lines = rows.map(row => {
    const best = row.comparison === 'absolute' ? undefined : bestPeer(row)
    const cells = [
      row.title,
      row.unit,
      withCounts(row.subjects[OURS]),
      best ? `${best} ${withCounts(row.subjects[best])}` : '–',
      row.subjects[FLOOR] ? withCounts(row.subjects[FLOOR]) : '–',
      row.verdicts.map(sentence).join('; ') || '–',
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| row | unit | tradovate-session | best peer | floor | target |',
    '|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

/** A table with a column for each client. */
export function allClientsTable(rows) {
  const names = [...new Set(rows.flatMap(row => Object.keys(row.subjects)))]
  const lines = rows.map(row => {
    const cells = names.map(name => (row.subjects[name] ? withCounts(row.subjects[name]) : '–'))
    return `| ${[row.title, row.unit, ...cells, row.verdicts.map(sentence).join('; ') || '–'].join(' | ')} |`
  })
  const head = ['row', 'unit', ...names, 'target']
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n')
}

/** What a row means, and every subject of it. */
export function rowDetails({ title, meaning, unit, subjects, verdicts }) {
  const width = Math.max(...Object.keys(subjects).map(name => name.length))
  const lines = Object.entries(subjects).map(([name, runs]) =>
    [`  ${name.padEnd(width)}  ${spread(runs)} ${unit}`, ...losses(runs)].join(', '),
  )
  return [title, `  ${meaning}`, ...lines, ...verdicts.map(verdict => `  → ${sentence(verdict)}`)].join('\n')
}

/** A growth row with its title. */
export const growthTable = row => `**${row.title}**\n\n${growthBody(row)}`

/** What a growth row means, a table with a column for each figure, and what became of the targets. */
export function growthBody({ meaning, along, figures, points, verdicts }) {
  const head = [along, ...figures.map(({ name, unit }) => (unit ? `${name}, ${unit}` : name))]
  const lines = points.map(point => [point.at, ...figures.map(({ key }) => point[key])].map(growthCell))
  const table = [head, head.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`)
  const held = verdicts.map(({ title, holds }) => `${title}: ${holds ? 'holds' : 'missed'}`)
  return [meaning, '', ...table, '', held.join('; ')].join('\n')
}

/** A count as it is, a measure as a figure. */
export function growthCell(value) {
  if (value === null) return '–'
  return Number.isInteger(value) ? value.toLocaleString('en-US') : figure(value)
}

/** Which rows run together, and how long that takes, in milliseconds. */
export function planText({ inTurn, sideBySide }, { each, together, all }) {
  const minutes = ms => `${(ms / 60e3).toFixed(1).padStart(5)} min`
  const width = Math.max(0, ...each.map(([id]) => id.length)) + 2
  const lines = each.map(([id, ms]) => `  ${id.padEnd(width)}${ms === null ? '  with one above' : minutes(ms)}`)
  return [
    ...(inTurn.length > 0
      ? ['One after another:', ...lines, `  ${'all'.padEnd(width)}${minutes(all - together)}`]
      : []),
    ...(sideBySide.length > 0
      ? ['Side by side:', ...sideBySide.map(({ id }) => `  ${id}`), `  all ${minutes(together)}`]
      : []),
    `In all ${minutes(all).trim()} on a quiet machine, and some minutes more when the addon and the server must be built.`,
  ].join('\n')
}
