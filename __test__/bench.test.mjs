// The benchmark's arithmetic and words; its figures are no test.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { plot } from '../bench/plot.mjs'
import { growthTable, rowDetails, rowsTable, sentence } from '../bench/report.mjs'
import { plotRoundTrips } from '../bench/round-trip-plot.mjs'
import { bestPeer, median, quantile, summary, verdict } from '../bench/statistics.mjs'

const row = (better, figures, comparison) => ({
  title: 'a row <of> figures',
  unit: 'µs',
  better,
  comparison,
  subjects: Object.fromEntries(Object.entries(figures).map(([name, runs]) => [name, summary(runs)])),
})

describe('the benchmark', () => {
  it('takes medians, and quantiles of what it is given unsorted', () => {
    assert.equal(median([9, 1, 5]), 5)
    assert.equal(median([4, 1, 3, 2]), 2.5)
    assert.equal(quantile([3, 1, 2, 5, 4], 0.5), 3)
    assert.deepEqual(summary([2, 9, 4]), { median: 4, least: 2, most: 9, runs: [2, 9, 4] })
  })

  it('holds ours against the best peer, and never against the floor', () => {
    const times = row('lower', { 'tradovate-session': [50], undici: [100], fetch: [200], floor: [10] })
    assert.equal(bestPeer(times), 'undici')
    assert.equal(verdict(times, { atMost: 0.5 }).holds, true)
    assert.equal(verdict(times, { atMost: 0.49 }).holds, false)
    assert.equal(verdict(times, { against: 'fetch', atMost: 0.25 }).value, 0.25)
  })

  it('knows that more calls a second are better', () => {
    const rates = row('higher', { 'tradovate-session': [300], undici: [100], fetch: [60] })
    assert.equal(bestPeer(rates), 'undici')
    assert.equal(sentence(verdict(rates, { atLeast: 3 })), '3.00 of undici (≥ 3): holds')
    assert.equal(sentence(verdict(rates, { atLeast: 3.1 })), '3.00 of undici (≥ 3.1): missed')
  })

  it('holds an absolute target against the figure itself', () => {
    const sizes = row('lower', { 'tradovate-session': [4.5], undici: [1] }, 'absolute')
    assert.equal(sentence(verdict(sizes, { atMost: 5 })), '4.50 (≤ 5): holds')
  })

  it('writes a table and a picture of what it has', () => {
    const measured = row('lower', { 'tradovate-session': [50, 40, 60], undici: [100], floor: [10] })
    measured.verdicts = [verdict(measured, { atMost: 0.6 })]
    const growth = {
      title: 'callers',
      meaning: 'what callers cost',
      along: 'callers',
      figures: [{ key: 'calls', name: 'calls' }],
      plotted: 'calls',
      points: [
        { at: 1, calls: 1 },
        { at: 1000, calls: 1 },
      ],
      verdicts: [{ title: 'one call', holds: true }],
    }
    assert.match(rowsTable([measured]), /\| 50\.0 \(40\.0–60\.0\) \| undici 100 \(100–100\) \| 10\.0 .*0\.50 of undici/)
    assert.match(growthTable(growth), /what callers cost\n\n/)
    assert.match(growthTable(growth), /\| 1,000 \| 1 \|\n\none call: holds/)
    const machine = { processor: 'p', cores: 2, system: 's', node: '20' }
    const picture = plot({ rows: [measured], growth: [growth], machine, versions: {}, at: '2026-01-01T00:00:00Z' })
    assert.match(picture, /a row &#60;of&#62; figures/)
    assert.match(picture, /undici 100 µs/)
    assert.doesNotMatch(picture, /NaN|undefined/)
  })

  it('counts lost and doubled calls, and a client that lost all has no figure', () => {
    const counts = { calls: 2, lost: 1, twice: 0, extra: 0 }
    const idle = { title: 'idle', unit: 'round trips', better: 'lower', idleMs: 10_000 }
    const subjects = {
      'tradovate-session': summary([1, null, 3], [counts, { ...counts, lost: 2 }, { ...counts, twice: 1 }]),
      undici: summary([null], [{ ...counts, lost: 2 }]),
      fetch: summary([4], [counts]),
    }
    const lossy = { ...idle, server: { roundTripMs: 80, idleCloseMs: 60_000 }, subjects }
    assert.equal(bestPeer(lossy), 'fetch')
    assert.equal(sentence(verdict(lossy, { atMost: 1.1, isAbsolute: true })), '2.00 (≤ 1.1): missed')
    const nothing = { counted: ['lost', 'twice'], what: 'lost or sent twice', atMost: 0 }
    assert.equal(sentence(verdict(lossy, nothing)), '5 lost or sent twice (≤ 0): missed')
    assert.match(rowDetails({ ...lossy, verdicts: [] }), /undici +none round trips, 2 of 2 calls lost/)
    assert.match(rowDetails({ ...lossy, verdicts: [] }), /4 of 6 calls lost, 1 of 6 sent twice/)
    const machine = { processor: 'p', cores: 2, system: 's', node: '20' }
    const picture = plotRoundTrips([lossy], { machine, versions: {}, at: '2026-01-01T00:00:00Z' })
    assert.match(picture, /80 ms away, a server that closes connections idle for 60 s/)
    assert.match(picture, />×</)
    assert.doesNotMatch(picture, /NaN|undefined/)
  })

  it('chooses a row by its name, and several by how their names begin', () => {
    const run = fileURLToPath(new URL('../bench/run.mjs', import.meta.url))
    const listed = (...only) => spawnSync(process.execPath, [run, '--list', ...only.flatMap(name => ['--only', name])])
    const idsOf = ({ stdout }) => [...String(stdout).matchAll(/^\S+/gm)].map(([id]) => id)
    assert.deepEqual(idsOf(listed('idle-80-10')), ['idle-80-10'])
    assert.deepEqual(idsOf(listed('busy-order', 'start')), ['start', 'busy-order-half', 'busy-order-stretch'])
    const ids = idsOf(listed())
    assert.equal(new Set(ids).size, ids.length)
    assert.match(String(listed('idle-8').stderr), /no such row: idle-8; --list names them/)
  })
})
