// How the benchmark counts and what its rows say: what would be wrong there would be so in every figure.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { measure as measureBusy } from '../bench/measure/busy.mjs'
import { isLoss, measure } from '../bench/measure/idle.mjs'
import { arrivalMs, idOf, sharedClockMs } from '../bench/measure/received.mjs'
import { shortened } from '../bench/measure-row.mjs'
import { root } from '../bench/places.mjs'
import { rows } from '../bench/rows.mjs'
import { pages, tablesOf, withPart } from '../bench/sections.mjs'
import { soakRow } from '../bench/soak.mjs'

const WARM_UP = 2
const CALLS = 4

/**
 * A server of orders as the benchmark's is one: it notes ids and tells them. It drops the connection of a request whose id is in
 * `dropped`, refuses one that is in `refused`, and says of those in `again` that they came twice. `log` receives all ids.
 */
async function startServer(t, { dropped = [], refused = [], again = [], others = {}, log = [] }) {
  const received = { ...others }
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://localhost')
    if (pathname === '/received') return response.end(JSON.stringify(received))
    let body = ''
    for await (const bytes of request) body += bytes
    const id = search ? search.slice('?id='.length) : JSON.parse(body).clOrdId
    received[id] = { count: again.includes(id) ? 2 : 1, firstUs: sharedClockMs() * 1e3 }
    log.push(id)
    if (dropped.includes(id)) return request.socket.destroy()
    response.statusCode = refused.includes(id) ? 500 : 200
    return response.end('{}')
  }).listen(0, '127.0.0.1')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${server.address().port}`
  return { origin, base: `${origin}/accounts=5/v1` }
}

const measured = (server, subject = 'node:https') =>
  measure({ ...server, subject, roundTripMs: 20, idleMs: 0, warmUp: WARM_UP, calls: CALLS })

describe('calls of a row with a distant server', () => {
  for (const subject of ['node:https', 'fetch']) {
    it(`counts what was lost, sent twice, and sent besides, by ${subject}`, async t => {
      const server = await startServer(t, {
        dropped: [idOf(3)],
        again: [idOf(0), idOf(4)],
        others: { [idOf('beat')]: { count: 3, firstUs: 1 } },
      })
      const { roundTrips, counts } = await measured(server, subject)
      assert.deepEqual(counts, { calls: CALLS, lost: 1, twice: 2, extra: 3 })
      assert.ok(roundTrips > 0)
    })
  }

  it('has no figure where all were lost', async t => {
    const dropped = Array.from({ length: CALLS }, (_, call) => idOf(WARM_UP + call))
    const { roundTrips, counts } = await measured(await startServer(t, { dropped }))
    assert.equal(roundTrips, null)
    assert.deepEqual(counts, { calls: CALLS, lost: CALLS, twice: 0, extra: 0 })
  })

  it('makes the last call of the warm-up at its moment, and fails when that is over', async t => {
    const server = await startServer(t, {})
    const startAt = Date.now() + 1_000
    const began = sharedClockMs()
    const job = { ...server, subject: 'node:https', roundTripMs: 20, idleMs: 1, warmUp: WARM_UP, calls: 1, startAt }
    await measure(job)
    const received = await (await fetch(`${server.origin}/received`)).json()
    const at = [0, 1, 2].map(call => received[idOf(call)].firstUs / 1e3 - began)
    // A process that is too late for its moment fails.
    assert.ok(at[0] < 998 && at[1] >= 998 && at[2] >= at[1], `${at}`)
    await assert.rejects(measure({ ...job, startAt: Date.now() - 1 }), /too late for its moment/)
  })

  it('takes an answer that is no success for no lost call: the row fails', async t => {
    await assert.rejects(measured(await startServer(t, { refused: [idOf(3)] })), /the server answered 500/)
  })

  it('knows a lost call by the errors of every client', () => {
    const coded = code => Object.assign(new Error('lost'), { code })
    for (const code of ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ERR_HTTP2_STREAM_ERROR']) {
      assert.equal(isLoss(coded(code)), true, code)
      assert.equal(isLoss(new TypeError('fetch failed', { cause: coded(code) })), true, code)
    }
    assert.equal(isLoss(Object.assign(new Error('lost'), { name: 'NetworkError' })), true)
    for (const error of [coded('ECONNREFUSED'), coded('ERR_BAD_REQUEST'), new TypeError('a mistake')]) {
      assert.equal(isLoss(error), false, error.message)
    }
  })

  it('tells when a request arrived, and refuses to guess', async t => {
    const others = { [idOf('a')]: { count: 2, firstUs: 7_500 }, [idOf('b')]: { count: 1, firstUs: null } }
    const { origin } = await startServer(t, { others })
    assert.equal(await arrivalMs(origin, idOf('a')), 7.5)
    await assert.rejects(arrivalMs(origin, idOf('b')), /this system has none/)
    await assert.rejects(arrivalMs(origin, idOf('c')), /did not arrive/)
  })
})

describe('a bot that computes', () => {
  const bot = (server, how) => measureBusy({ ...server, subject: 'node:https', ...how })

  it('has orders and renewals in turn where it computes half of the time', async t => {
    const log = []
    const server = await startServer(t, { log })
    const { orderLateMs, renewalLateMs } = await bot(server, { lifeMs: 1_000, load: 'half', calls: 2 })
    assert.ok(orderLateMs > 0 && renewalLateMs > 0, `${orderLateMs}, ${renewalLateMs}`)
    const [order, ...renewals] = [idOf(0), idOf('renewal-0'), idOf('renewal-1')].map(id => log.indexOf(id))
    assert.ok(order >= 0 && renewals[0] > order && renewals[1] > renewals[0] + 1, `${log}`)
  })

  it('places no order shortly before a renewal, and fails when there is no other time', async t => {
    const server = await startServer(t, {})
    await assert.rejects(bot(server, { lifeMs: 300, load: 'half', calls: 1 }), /the bot has sent nothing/)
  })

  it('has a renewal due in the stretch that an order begins', async t => {
    const server = await startServer(t, {})
    const { orderLateMs, renewalLateMs } = await bot(server, { lifeMs: 1_000, load: 'stretch', calls: 1 })
    assert.ok(orderLateMs >= 1_999, `${orderLateMs}`)
    // Due 500 ms after a stretch of 2 s began.
    assert.ok(renewalLateMs >= 1_499 && renewalLateMs < orderLateMs, `${renewalLateMs}`)
  })
})

describe('the rows', () => {
  it('describe the same runs where they share them', () => {
    const ofRuns = ({ id, title, meaning, unit, figure, better, targets, subjects, ...runs }) => runs
    const names = new Set(rows.flatMap(({ sharedRun }) => sharedRun ?? []))
    assert.ok(names.size > 5)
    for (const name of names) {
      const group = rows.filter(({ sharedRun }) => sharedRun === name)
      assert.ok(group.length > 1, name)
      for (const row of group) {
        assert.deepEqual(ofRuns(row), ofRuns(group[0]), `${row.id} of ${name}`)
        const taken = row.measured ?? group[0].subjects
        assert.deepEqual(
          row.subjects.filter(subject => !taken.includes(subject)),
          [],
          row.id,
        )
      }
    }
  })

  it('are shorter in a short look, and each still has a call', () => {
    for (const row of rows) {
      const { calls, warmUp, idleMs } = shortened(row)
      if (row.calls) assert.ok(calls >= 1 && calls <= row.calls, row.id)
      if (row.warmUp) assert.ok(warmUp >= 0 && warmUp <= row.warmUp, row.id)
      if (row.idleMs) assert.ok(idleMs < row.idleMs, row.id)
    }
  })

  it('measure every call on its core and on any', () => {
    const ids = rows.map(({ id }) => id)
    for (const { id, on, server } of rows.filter(({ group }) => group === 'unpinned')) {
      assert.ok(
        ids.some(other => id === `unpinned-${other}` || id === 'unpinned-plain-concurrent'),
        id,
      )
      assert.equal(on, undefined)
      assert.equal(server.isPinned, false)
    }
  })

  const summary = { median: 1, least: 1, most: 1, runs: [1] }
  const results = ofRows => ({
    at: '2026-01-01T00:00:00Z',
    machine: { processor: 'p', cores: 2, memoryGb: 1, system: 's', node: '20' },
    versions: {},
    rows: ofRows.map(({ id, title, unit, better, comparison, heldAgainst, subjects }) => ({
      ...{ id, title, unit, better, comparison, heldAgainst, verdicts: [] },
      subjects: Object.fromEntries(subjects.map(name => [name, summary])),
    })),
    growth: [],
  })

  it('are each shown once in the page', () => {
    const page = tablesOf(results(rows))
    for (const { title } of rows) assert.equal(page.split(`| ${title} |`).length, 2, title)
    assert.doesNotMatch(page, /undefined|NaN/)
    assert.throws(() => tablesOf({ ...results([]), rows: [{ id: 'gone', verdicts: [] }] }), /no row is named gone/)
  })
})

describe('the soak', () => {
  const MINUTE = 60_000
  const point = (minute, how) => ({
    ...{ ms: 5 * MINUTE, quietMs: 0, lost: 0, twice: 0, handshakes: 60, descriptors: 20, memoryMb: 10 },
    ...how,
    at: minute,
  })
  const good = [point(5), point(10), point(15, { quietMs: 10 * MINUTE, handshakes: 5 })]
  const missed = points =>
    soakRow.targets
      .filter(({ applies = () => true, holds }) => applies(points) && !holds(points))
      .map(({ title }) => title)

  it('holds where all is well, and each target can be missed', () => {
    assert.deepEqual(missed(good), [])
    assert.match(missed([...good, point(20, { twice: 1 })]).join(), /^nothing lost or sent twice$/)
    assert.match(missed([point(5, { lost: 1 }), ...good]).join(), /^nothing lost or sent twice$/)
    assert.match(missed([...good, point(20, { handshakes: 80 })]).join(), /^a handshake in 4 s/)
    assert.match(missed([...good, point(20, { quietMs: 15 * MINUTE, handshakes: 9 })]).join(), /^one a minute/)
    assert.match(missed([...good, point(20, { descriptors: 22 })]).join(), /^at most one descriptor/)
    assert.match(missed([...good, point(20, { memoryMb: 11.5 })]).join(), /^at most 1 MB/)
  })

  it('makes no statement about what was not seen', () => {
    const unseen = good.slice(0, 2).map(seen => ({ ...seen, descriptors: null, memoryMb: null }))
    const applying = soakRow.targets.filter(({ applies = () => true }) => applies(unseen))
    assert.deepEqual(
      applying.map(({ title }) => title),
      ['nothing lost or sent twice', 'a handshake in 4 s at most'],
    )
  })
})

describe('the pages', () => {
  it('tell the results of record, as npm run bench:pages writes them', () => {
    const results = JSON.parse(readFileSync(join(root, 'bench', 'results.json'), 'utf8'))
    assert.equal(results.quick, false)
    for (const [path, written] of Object.entries(pages)) {
      const text = readFileSync(join(root, path), 'utf8')
      assert.equal(written(text, results), text, path)
    }
    const shows = readFileSync(join(root, 'docs', 'performance.md'), 'utf8').includes('round-trips.svg')
    assert.ok(!shows || existsSync(join(root, 'bench', 'round-trips.svg')))
  })

  it('have one place for them', () => {
    const place = '<!-- benchmark -->old $& text\n<!-- /benchmark -->'
    assert.equal(withPart(`a ${place} b`, '$1'), 'a <!-- benchmark -->$1<!-- /benchmark --> b')
    assert.throws(() => withPart('none', 'x'), /no place/)
    assert.throws(() => withPart(`${place}${place}`, 'x'), /or several/)
  })
})
