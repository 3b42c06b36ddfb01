// All rows that are wanted, in their phases.

import { performance } from 'node:perf_hooks'
import { measureGrowth } from './growth.mjs'
import { measureRow } from './measure-row.mjs'
import { growthTable, rowDetails } from './report.mjs'
import { startServer } from './server.mjs'

const isGrowth = row => row.along !== undefined

/**
 * What was measured, in the order of `wanted`, and the rows that failed. A row that fails, as on a machine that is too busy for it,
 * takes none of the others with it.
 */
export async function measureAll(wanted, { inTurn, sideBySide, startsMs }, extent) {
  const measured = new Map()
  const taken = new Map()
  const take = async (row, starting, begin) => {
    const started = performance.now()
    try {
      const moments = { begin, startsMs: startsMs[row.id] }
      measured.set(row, await measureOf(row, await starting, extent, taken, moments))
      console.log((isGrowth(row) ? growthTable : rowDetails)(measured.get(row)))
    } catch (error) {
      console.error(`${row.id} failed: ${error.stack}`)
    }
    console.log(`(${row.id}: ${((performance.now() - started) / 1e3).toFixed(0)} s)\n`)
  }
  // A server for each row: none inherits the connections of another.
  for (const row of inTurn) await take(row, startServer(row.server))
  if (sideBySide.length > 0) console.log(`Side by side: ${sideBySide.map(({ id }) => id).join(', ')}\n`)
  const servers = sideBySide.map(row => startServer(row.server))
  await Promise.allSettled(servers)
  const begin = Date.now()
  await Promise.all(sideBySide.map((row, i) => take(row, servers[i], begin)))
  const [ofGrowth, others] = [wanted.filter(isGrowth), wanted.filter(row => !isGrowth(row))]
  const done = rows => rows.flatMap(row => measured.get(row) ?? [])
  const failed = wanted.filter(row => !measured.has(row)).map(({ id }) => id)
  return { rows: done(others), growth: done(ofGrowth), failed }
}

async function measureOf(row, server, extent, taken, moments) {
  try {
    if (isGrowth(row)) return await measureGrowth(row, server, extent)
    return await measureRow(row, server, extent.runs, taken, moments)
  } finally {
    await server.close()
  }
}
