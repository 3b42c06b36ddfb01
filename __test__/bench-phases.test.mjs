// Which rows of the benchmark run together, and when their processes start: two that measure at once would disturb each other.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { expectedOf } from '../bench/expected.mjs'
import { growthRows } from '../bench/growth.mjs'
import { shortened } from '../bench/measure-row.mjs'
import { busyOf, momentsOf, READY_WITHIN_MS } from '../bench/moments.mjs'
import { phasesOf } from '../bench/phases.mjs'
import { benchFolder } from '../bench/places.mjs'
import { rows } from '../bench/rows.mjs'
import { schedules } from '../bench/schedules.mjs'

const RUNS = 5
const FULL = { runs: RUNS, share: 1 }
const allRows = [...rows, ...growthRows]
const distantRows = rows.filter(({ measure }) => measure === 'idle')
const shortRows = distantRows.map(shortened)
const whole = phasesOf(allRows, RUNS)

const idle = (id, how) => ({
  ...{ id, idleMs: 10_000, warmUp: 4, calls: 2, subjects: ['a', 'b'], server: { roundTripMs: 80 } },
  ...how,
})

/** Every stretch in which a process starts or measures, by when it begins. */
function stretchesOf(ofRows, { startsMs }) {
  const all = ofRows.flatMap(row =>
    startsMs[row.id].flatMap(start => busyOf(row).map(([from, to]) => [start + from, start + to])),
  )
  return all.sort(([a], [b]) => a - b)
}

/** The most processes at a time. */
function mostAtOnce(ofRows, { startsMs }) {
  const lives = ofRows.flatMap(row => startsMs[row.id].map(start => [start, start + busyOf(row).at(-1)[1]]))
  return Math.max(...lives.map(([at]) => lives.filter(([from, to]) => from <= at && at < to).length))
}

function assertApart(stretches) {
  for (const [i, [from]] of stretches.entries()) {
    if (i > 0) assert.ok(from >= stretches[i - 1][1], `${stretches[i - 1]} and ${stretches[i]}`)
  }
}

describe('the phases of a run', () => {
  it('have side by side what mostly waits, and all else one after another', () => {
    const { inTurn, sideBySide } = whole
    assert.deepEqual(sideBySide, [...distantRows, growthRows.find(({ id }) => id === 'soak')])
    assert.deepEqual(new Set([...inTurn, ...sideBySide]), new Set(allRows))
    assert.equal(inTurn.length + sideBySide.length, allRows.length)
  })

  it('have moments for every run of every client, in a whole run and in a short look', () => {
    const short = phasesOf(shortRows, 1)
    for (const { id, subjects } of distantRows) {
      assert.equal(whole.startsMs[id].length, RUNS * subjects.length, id)
      assert.equal(short.startsMs[id].length, subjects.length, id)
    }
  })

  it('take 80 minutes at most, by what the rows say', () => {
    const { each, together, all } = expectedOf(whole, FULL)
    assert.deepEqual(
      each.map(([id]) => id),
      whole.inTurn.map(({ id }) => id),
    )
    assert.ok(all <= 80 * 60_000, `${all / 60_000} minutes`)
    // The soak takes half an hour by itself.
    assert.ok(together >= 30 * 60_000 && together < 32 * 60_000, `${together / 60_000} minutes`)
    assert.ok(all > together + 30 * 60_000)
  })

  it('count the runs that rows share once, and rows side by side by the longest', () => {
    const call = { measure: 'calls', accounts: 5, warmUp: 0, calls: 10_000, subjects: ['a', 'b'] }
    const soak = { id: 'soak', along: 'minutes', expectedMs: () => 60_000 }
    const inTurn = [
      { ...call, id: 'one', sharedRun: 'of both' },
      { ...call, id: 'two', sharedRun: 'of both' },
      { ...call, id: 'three' },
    ]
    const { each, together, all } = expectedOf({ inTurn, sideBySide: [idle('x'), soak], endMs: 90_000 }, FULL)
    const [[, one], [, two], [, three]] = each
    assert.equal(two, null)
    assert.equal(one, three)
    assert.ok(one > RUNS * 2 * 1_000)
    assert.equal(all, one + three + together)
    assert.ok(together > 90_000 && together < 100_000)
    assert.ok(expectedOf({ inTurn, sideBySide: [soak], endMs: 0 }, FULL).together > 60_000)
    assert.equal(expectedOf({ inTurn, sideBySide: [], endMs: 0 }, FULL).together, 0)
  })

  it('are told by --plan, which measures nothing', () => {
    const told = (...options) => String(spawnSync(process.execPath, [join(benchFolder, 'run.mjs'), ...options]).stdout)
    const plan = told('--plan', '--only', 'idle-80-10', '--only', 'soak', '--only', 'burst')
    assert.match(plan, /^One after another:\n {2}burst-gap +\d.* min\n {2}burst-all +with one above\n/)
    assert.match(plan, /Side by side:\n {2}idle-80-10\n {2}soak\n {2}all +30\.1 min\n/)
    assert.match(plan, /In all 3\d\.\d min on a quiet machine/)
    assert.doesNotMatch(told('--plan', '--only', 'soak'), /One after another/)
  })
})

describe('processes of rows side by side', () => {
  it('never start or measure while another one does', () => {
    assertApart(stretchesOf(distantRows, whole))
    assertApart(stretchesOf(shortRows, momentsOf(shortRows, 1)))
  })

  it('are no more at a time than fit, and then take longer', () => {
    const ofRows = [idle('x'), idle('y')]
    const free = momentsOf(ofRows, 4)
    const limited = momentsOf(ofRows, 4, 3)
    assert.ok(mostAtOnce(ofRows, free) > 3)
    assert.equal(mostAtOnce(ofRows, limited), 3)
    assert.ok(limited.endMs > free.endMs)
    assertApart(stretchesOf(ofRows, limited))
  })

  it('begin with those that take longest, rows in turn, and end when the last one has', () => {
    const ofRows = [idle('short'), idle('long', { idleMs: 60_000 }), idle('other', { idleMs: 60_000 })]
    const { startsMs, endMs } = momentsOf(ofRows, 1)
    assert.equal(startsMs.long[0], 0)
    assert.ok(startsMs.other[0] < startsMs.long[1])
    assert.ok(startsMs.long[1] < startsMs.short[0])
    const ends = ofRows.flatMap(row => startsMs[row.id].map(start => start + busyOf(row).at(-1)[1]))
    assert.ok(endMs >= Math.max(...ends) && endMs < Math.max(...ends) + 100)
    assert.deepEqual(momentsOf([], RUNS), { startsMs: {}, endMs: 0 })
  })

  it('are alone in each call, whether that needs a new connection or not', () => {
    const TRIP_MS = 100
    const IDLE_MS = 1_000
    const [, ...ofCalls] = busyOf(idle('x', { idleMs: IDLE_MS, calls: 2, server: { roundTripMs: TRIP_MS } }))
    for (const first of [1, 3]) {
      for (const second of [1, 3]) {
        let at = READY_WITHIN_MS + TRIP_MS
        for (const [call, trips] of [first, second].entries()) {
          at += IDLE_MS
          const [from, to] = ofCalls[call]
          assert.ok(from <= at && at + trips * TRIP_MS <= to, `call ${call} of ${first} and ${second} round trips`)
          at += trips * TRIP_MS
        }
      }
    }
  })

  it('are alone from beginning to end where there is no idle time', () => {
    const stretches = busyOf(idle('x', { idleMs: 0, calls: 20 }))
    assert.equal(stretches.length, 1)
    const [[from, to]] = stretches
    assert.equal(from, 0)
    assert.ok(to > 24 * 80)
  })

  const [first, second] = [{ subject: 'first' }, { subject: 'second' }]
  const idleJobs = [first, second].map(job => ({ ...job, idleMs: 800 }))

  it('start at their moments, and are told when to be ready', async () => {
    const begin = Date.now()
    const seen = []
    const run = async ({ subject, startAt }) => seen.push({ subject, startAt, at: Date.now() })
    await schedules.planned(idleJobs, 2, run, { begin, startsMs: [100, 0, 300, 200] })
    assert.deepEqual(
      seen.map(({ subject, startAt }) => [subject, startAt - begin - READY_WITHIN_MS]),
      [
        ['second', 0],
        ['first', 100],
        ['second', 200],
        ['first', 300],
      ],
    )
    for (const { at, startAt } of seen) assert.ok(at >= startAt - READY_WITHIN_MS - 2, `${at - startAt}`)
  })

  it('are not told to wait where there is no idle time', async () => {
    const seen = []
    const moments = { begin: Date.now(), startsMs: [0] }
    await schedules.planned([{ ...first, idleMs: 0 }], 1, async job => seen.push(job), moments)
    assert.deepEqual(seen, [{ ...first, idleMs: 0 }])
  })

  it('start no more when one has failed, which is told when the others have ended', async () => {
    const seen = []
    const run = async ({ subject }) => {
      seen.push(`${subject} starts`)
      if (subject === 'second') throw new Error('no answer')
      await sleep(300)
      seen.push(`${subject} ends`)
    }
    const moments = { begin: Date.now(), startsMs: [0, 50, 100, 100] }
    await assert.rejects(schedules.planned(idleJobs, 2, run, moments), /no answer/)
    assert.deepEqual(seen, ['first starts', 'second starts', 'first ends'])
  })
})

describe('processes of one row', () => {
  const [first, second] = [{ subject: 'first' }, { subject: 'second' }]

  it('run in turn, one at a time', async () => {
    const seen = []
    await schedules.inTurn([first, second], 2, async ({ subject }) => {
      seen.push(`${subject} starts`)
      await new Promise(resolve => setImmediate(resolve))
      seen.push(`${subject} ends`)
    })
    const turn = ['first starts', 'first ends', 'second starts', 'second ends']
    assert.deepEqual(seen, [...turn, ...turn])
  })

  it('run one of each side by side at a pace, and their calls take turns', async () => {
    const begins = []
    const jobs = [first, second].map(job => ({ ...job, everyMs: 250 }))
    await schedules.paced(jobs, 1, async ({ startAt }) => begins.push(startAt))
    assert.equal(begins[1] - begins[0], 125)
  })
})
