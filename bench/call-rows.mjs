// Rows over calls of the HTTP clients, on the cores that they are meant to have, and the same with nothing pinned.

import { FLOOR, OURS } from './statistics.mjs'

const HTTP_CLIENTS = [OURS, 'undici', 'fetch', 'node:https', 'axios', 'got', FLOOR]
const HTTP2_CLIENTS = [OURS, 'undici', 'node:http2', 'got', FLOOR]
const WITHOUT_FLOOR = HTTP_CLIENTS.filter(name => name !== FLOOR)

const SHORT = { accounts: 5, warmUp: 2_000, calls: 10_000 }
const MEDIUM = { accounts: 1_000, warmUp: 100, calls: 400 }
const LONG = { accounts: 10_000, warmUp: 10, calls: 40 }

const TLS = { kind: 'tls', ...SHORT }
const PLAIN = { kind: 'plain', ...SHORT }
const H2 = { kind: 'tlsH2', h2: true, subjects: HTTP2_CLIENTS, ...SHORT }
/** The client shares the second core with the server. */
const MANY = { atOnce: 64, on: 'two' }

const row = (id, title, figure, unit, target, meaning, how) => ({
  id,
  title,
  meaning,
  unit,
  figure,
  group: 'calls',
  measure: 'calls',
  better: figure === 'callsPerSecond' ? 'higher' : 'lower',
  subjects: HTTP_CLIENTS,
  on: 'one',
  atOnce: 1,
  targets: [target],
  ...how,
})

/** A row that shows another figure of the runs of `of`, which has the floor among its subjects. */
const mainThread = (of, id, title, target, meaning) => ({
  ...of,
  id,
  title,
  meaning,
  unit: 'µs',
  figure: 'mainThreadUs',
  better: 'lower',
  subjects: of.subjects.filter(name => name !== FLOOR),
  targets: [target],
})

/** The runs of a row are to be shown by others too. */
const shared = row => ({ ...row, sharedRun: row.id, measured: row.subjects })

const tlsSequential = shared(
  row(
    'tls-sequential',
    'TLS, 5 accounts, one after another, p50',
    'p50Us',
    'µs',
    { atMost: 1 },
    'How long the middle one of calls for five accounts takes, each after the one before.',
    TLS,
  ),
)

const tlsConcurrent = shared(
  row(
    'tls-concurrent',
    'TLS, 5 accounts, 64 at once',
    'callsPerSecond',
    'calls/s',
    { atLeast: 2 },
    'How many calls for five accounts are answered in a second when 64 are under way at any time.',
    { ...TLS, ...MANY },
  ),
)

const plainSequential = shared(
  row(
    'plain-sequential',
    'plain, 5 accounts, one after another, p50',
    'p50Us',
    'µs',
    { atMost: 1.1 },
    'How long the middle one of calls for five accounts takes without TLS, each after the one before.',
    PLAIN,
  ),
)

const plainOnTwoCores = row(
  'plain-concurrent-2',
  'plain, 5 accounts, 64 at once, client on two cores',
  'callsPerSecond',
  'calls/s',
  { atLeast: 1.5 },
  'How many calls are answered in a second without TLS, when 64 are under way at any time and the client has two cores, one of which it shares with the server.',
  { ...PLAIN, ...MANY },
)

const rowsOnAnyCores = [
  tlsSequential,
  tlsConcurrent,
  row(
    'h2-concurrent',
    'TLS, HTTP/2, 5 accounts, 64 at once',
    'callsPerSecond',
    'calls/s',
    { atLeast: 3 },
    'The same over HTTP/2.',
    { ...H2, ...MANY },
  ),
  plainSequential,
  mainThread(
    tlsSequential,
    'main-tls',
    'main thread a call, TLS, 5 accounts, one after another',
    { atMost: 0.35 },
    'What a call for five accounts costs the thread of the event loop, on a processor.',
  ),
  mainThread(
    tlsConcurrent,
    'main-tls-64',
    'main thread a call, TLS, 5 accounts, 64 at once',
    { atMost: 0.25 },
    'The same when 64 calls are under way at any time, so that one turn of the event loop serves several.',
  ),
  mainThread(
    plainSequential,
    'main-plain',
    'main thread a call, plain, 5 accounts, one after another',
    { atMost: 0.35 },
    'What a call for five accounts costs the thread of the event loop without TLS.',
  ),
  row(
    'main-1000',
    'main thread a call, TLS, 1,000 accounts',
    'mainThreadUs',
    'µs',
    { atMost: 0.4 },
    'What a call for 1,000 accounts costs the thread of the event loop, on a processor.',
    { kind: 'tls', ...MEDIUM, subjects: WITHOUT_FLOOR },
  ),
  row(
    'gap-10000',
    'longest gap of the event loop, TLS, 10,000 accounts',
    'longestGapMs',
    'ms',
    { atMost: 0.15 },
    'For how long a call for 10,000 accounts holds the event loop in one piece.',
    { kind: 'tls', ...LONG, gaps: true, on: 'two', subjects: WITHOUT_FLOOR },
  ),
  row(
    'p50-10000',
    'TLS, 10,000 accounts, one after another, p50',
    'p50Us',
    'µs',
    { atMost: 0.8 },
    'How long the middle one of calls for 10,000 accounts takes, each after the one before.',
    { kind: 'tls', ...LONG, on: 'two' },
  ),
]

/** The same with the scheduler as it is for a bot: client and server have all cores. */
const unpinned = row => ({
  ...row,
  id: `unpinned-${row.id}`,
  title: `${row.title}, unpinned`,
  group: 'unpinned',
  on: undefined,
  server: { isPinned: false },
  sharedRun: row.sharedRun && `unpinned-${row.sharedRun}`,
})

export const callRows = [
  ...rowsOnAnyCores,
  row(
    'plain-concurrent-1',
    'plain, 5 accounts, 64 at once, client on one core',
    'callsPerSecond',
    'calls/s',
    { atLeast: 1.2 },
    'How many calls are answered in a second without TLS, when 64 are under way at any time and the client has one core.',
    { ...PLAIN, atOnce: 64 },
  ),
  plainOnTwoCores,
  ...rowsOnAnyCores.map(unpinned),
  unpinned({
    ...plainOnTwoCores,
    id: 'plain-concurrent',
    title: 'plain, 5 accounts, 64 at once',
    meaning: 'How many calls are answered in a second without TLS, when 64 are under way at any time.',
    targets: [{ atLeast: 1.2 }],
  }),
]
