// What the pages say of the results: which section of docs/performance.md shows which rows, and the sentence of the README.

import { growthRows } from './growth.mjs'
import { allClientsTable, growthBody, rowsTable } from './report.mjs'
import { rows } from './rows.mjs'
import { OURS } from './statistics.mjs'

const SECTIONS = [
  { groups: ['calls'], title: 'Calls', table: rowsTable },
  { groups: ['unpinned'], title: 'Calls with nothing pinned', table: rowsTable },
  { groups: ['alone'], title: 'The token at hand, the start and the size', table: rowsTable },
  {
    groups: ['round-trips', 'first-call'],
    title: 'A distant server',
    table: allClientsTable,
    picture: '![Round trips of a call by idle time and client](../bench/round-trips.svg)',
  },
  { groups: ['bot'], title: 'A bot’s own regime', table: allClientsTable },
  { groups: ['tracing'], title: 'Tracing', table: rowsTable },
]

const groupOf = new Map(rows.map(({ id, group }) => [id, group]))
const meaningOf = new Map(growthRows.map(({ id, meaning }) => [id, meaning]))

/** All tables. A section that has no results yet is left out; a result of a row that is no more is an error. */
export function tablesOf(results) {
  for (const { id } of [...results.rows, ...results.growth]) {
    if (!groupOf.has(id) && !meaningOf.has(id)) throw new Error(`no row is named ${id}: measure again`)
  }
  const sections = SECTIONS.map(({ groups, title, table, picture }) => {
    const ofSection = results.rows.filter(({ id }) => groups.includes(groupOf.get(id)))
    return ofSection.length > 0 && [`### ${title}`, table(ofSection), picture].filter(Boolean).join('\n\n')
  })
  const growth = results.growth.map(
    row => `### ${capitalized(row.title)}\n\n${growthBody({ ...row, meaning: meaningOf.get(row.id) })}`,
  )
  const growthSection = growth.length > 0 && `## Growth\n\nOurs alone; the shape counts.`
  return [about(results), ...sections, growthSection, ...growth].filter(Boolean).join('\n\n')
}

function about({ at, machine, versions, rows, growth }) {
  const { processor, cores, memoryGb, system, node } = machine
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const verdicts = [...rows, ...growth].flatMap(row => row.verdicts)
  const held = verdicts.filter(({ holds }) => holds).length
  return [
    `Measured on ${at.slice(0, 10)}: ${processor}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node};`,
    `${names.join(', ')}.`,
    `${held} of ${verdicts.length} targets hold.`,
  ].join('\n')
}

const capitalized = text => text[0].toUpperCase() + text.slice(1)

/** What a call costs, and how far a server is after a minute without one, where that was measured. */
export function sentencesOf({ rows }) {
  const median = (id, name) => rows.find(row => row.id === id)?.subjects[name]?.median ?? undefined
  const thread = name => `${Math.round(median('main-tls', name))} µs`
  const trips = name => median('idle-80-60', name)?.toFixed(1)
  return [
    `In our benchmark a call over TLS takes ${thread(OURS)} of the main thread, with undici ${thread('undici')}.`,
    trips(OURS) &&
      trips('undici') &&
      `After a minute without one it takes ${trips(OURS)} round trips to a distant server, with undici ${trips('undici')}.`,
  ]
    .filter(Boolean)
    .join(' ')
}

/** The page with a new part between the marks `<!-- benchmark -->` and `<!-- /benchmark -->`, which stand around one. */
export function withPart(page, part) {
  const marked = /(<!-- benchmark -->)[\s\S]*?(<!-- \/benchmark -->)/g
  if (page.match(marked)?.length !== 1) throw new Error('the page has no place for the benchmark, or several')
  return page.replace(marked, (_, before, after) => `${before}${part}${after}`)
}

/** The pages that tell of results, by their paths, each with what makes its text of the results. */
export const pages = {
  'docs/performance.md': (page, results) => withPart(page, `\n\n${tablesOf(results)}\n\n`),
  'README.md': (page, results) => withPart(page, `\n${sentencesOf(results)}\n`),
}
