// The rows of the benchmark: what is measured, of whom, and what was aimed at.
//
// A target is a ratio of medians, ours to the best peer's unless `against` names one; where `comparison` is absolute, a figure.
// `quick` has what is different in a short look. Rows of one `sharedRun` show figures of the same runs, which are of the subjects in
// `measured`, by default those that are shown.

import { botRows } from './bot-rows.mjs'
import { roundTripRows } from './round-trip-rows.mjs'

const HTTP_CLIENTS = ['tradovate-session', 'undici', 'fetch', 'node:https', 'axios', 'got', 'floor']
const HTTP2_CLIENTS = ['tradovate-session', 'undici', 'node:http2', 'got', 'floor']
const WITHOUT_FLOOR = HTTP_CLIENTS.filter(name => name !== 'floor')
const PACKAGES = ['tradovate-session', 'undici', 'axios', 'got', 'google-auth-library']

const SHORT = { accounts: 5, warmUp: 2_000, calls: 10_000 }
const MEDIUM = { accounts: 1_000, warmUp: 100, calls: 400 }
const LONG = { accounts: 10_000, warmUp: 10, calls: 40 }
const CACHED = { warmUp: 1_000_000, calls: 5_000_000 }

/** A row over calls of the HTTP clients. */
const calls = (id, title, figure, unit, target, meaning, how) => ({
  id,
  title,
  meaning,
  unit,
  figure,
  measure: 'calls',
  better: figure === 'callsPerSecond' ? 'higher' : 'lower',
  subjects: HTTP_CLIENTS,
  on: 'one',
  atOnce: 1,
  targets: [target],
  ...how,
})

const cached = (id, title, how, atMost, meaning) => ({
  id,
  title,
  meaning,
  unit: 'ns',
  figure: 'ns',
  measure: 'cached',
  better: 'lower',
  subjects: ['tradovate-session', 'google-auth-library', 'floor'],
  on: 'one',
  kind: 'plain',
  accounts: 5,
  how,
  ...CACHED,
  targets: [{ atMost }],
})

const required = (id, title, figure, unit, atMost, meaning) => ({
  id,
  title,
  meaning,
  unit,
  figure,
  measure: 'require',
  better: 'lower',
  comparison: 'absolute',
  subjects: PACKAGES,
  on: 'one',
  kind: 'plain',
  accounts: 5,
  least: 11,
  targets: [{ atMost }],
})

export const rows = [
  calls(
    'tls-sequential',
    'TLS, 5 accounts, one after another, p50',
    'p50Us',
    'µs',
    { atMost: 0.65 },
    'How long the middle one of calls for five accounts takes, each after the one before.',
    { kind: 'tls', ...SHORT },
  ),
  calls(
    'tls-concurrent',
    'TLS, 5 accounts, 64 at once',
    'callsPerSecond',
    'calls/s',
    { atLeast: 3 },
    'How many calls for five accounts are answered in a second when 64 are under way at any time.',
    { kind: 'tls', ...SHORT, atOnce: 64, on: 'two' },
  ),
  calls(
    'h2-concurrent',
    'TLS, HTTP/2, 5 accounts, 64 at once',
    'callsPerSecond',
    'calls/s',
    { atLeast: 6 },
    'The same over HTTP/2.',
    { kind: 'tlsH2', h2: true, subjects: HTTP2_CLIENTS, ...SHORT, atOnce: 64, on: 'two' },
  ),
  calls(
    'plain-sequential',
    'plain, 5 accounts, one after another, p50',
    'p50Us',
    'µs',
    { atMost: 1 },
    'How long the middle one of calls for five accounts takes without TLS, each after the one before.',
    { kind: 'plain', ...SHORT },
  ),
  calls(
    'plain-concurrent-1',
    'plain, 5 accounts, 64 at once, client on one core',
    'callsPerSecond',
    'calls/s',
    { atLeast: 1.2 },
    'How many calls are answered in a second without TLS, when 64 are under way at any time and the client has one core.',
    { kind: 'plain', ...SHORT, atOnce: 64 },
  ),
  calls(
    'plain-concurrent-2',
    'plain, 5 accounts, 64 at once, client on two cores',
    'callsPerSecond',
    'calls/s',
    { atLeast: 1.7 },
    'The same when the client has two cores, one of which it shares with the server.',
    { kind: 'plain', ...SHORT, atOnce: 64, on: 'two' },
  ),
  calls(
    'main-tls',
    'main thread a call, TLS, 5 accounts',
    'mainThreadUs',
    'µs',
    { atMost: 0.25 },
    'What a call for five accounts costs the thread of the event loop, on a processor.',
    { kind: 'tls', ...SHORT, subjects: WITHOUT_FLOOR },
  ),
  calls(
    'main-plain',
    'main thread a call, plain, 5 accounts',
    'mainThreadUs',
    'µs',
    { atMost: 0.25 },
    'The same without TLS.',
    { kind: 'plain', ...SHORT, subjects: WITHOUT_FLOOR },
  ),
  calls(
    'main-1000',
    'main thread a call, TLS, 1,000 accounts',
    'mainThreadUs',
    'µs',
    { atMost: 0.5 },
    'What a call for 1,000 accounts costs the thread of the event loop, on a processor.',
    { kind: 'tls', ...MEDIUM, subjects: WITHOUT_FLOOR },
  ),
  calls(
    'gap-10000',
    'longest gap of the event loop, TLS, 10,000 accounts',
    'longestGapMs',
    'ms',
    { atMost: 0.15 },
    'For how long a call for 10,000 accounts holds the event loop in one piece.',
    { kind: 'tls', ...LONG, gaps: true, on: 'two', subjects: WITHOUT_FLOOR },
  ),
  calls(
    'p50-10000',
    'TLS, 10,000 accounts, one after another, p50',
    'p50Us',
    'µs',
    { atMost: 0.8 },
    'How long the middle one of calls for 10,000 accounts takes, each after the one before.',
    { kind: 'tls', ...LONG, on: 'two' },
  ),
  cached(
    'cached-read',
    'session.accessToken, a read',
    'read',
    0.6,
    'How long a read of a token at hand takes; the floor is a plain field.',
  ),
  cached(
    'cached-await',
    'await session.getAccessToken(), the token at hand',
    'wait',
    1,
    'How long waiting for a token at hand takes; the floor is a promise that is resolved.',
  ),
  {
    id: 'start',
    title: 'start to first accounts, plain, over an empty Node',
    meaning: 'How much longer a process that makes one call lives than one that does nothing.',
    unit: 'ms',
    figure: 'ms',
    measure: 'start',
    better: 'lower',
    subjects: ['tradovate-session', 'node:http', 'fetch', 'undici'],
    on: 'one',
    kind: 'plain',
    accounts: 5,
    least: 21,
    targets: [
      { against: 'node:http', atMost: 0.5 },
      { against: 'fetch', atMost: 0.05 },
    ],
  },
  required('require-time', 'loading the package, time', 'ms', 'ms', 5, 'How long require() of the package takes.'),
  required(
    'require-memory',
    'loading the package, memory',
    'mb',
    'MB',
    5,
    'By how much require() of the package makes the process grow.',
  ),
  {
    id: 'addon-size',
    title: 'the addon, stripped',
    meaning: 'How large the file of the addon is.',
    unit: 'MB',
    figure: 'mb',
    measure: 'size',
    better: 'lower',
    comparison: 'absolute',
    subjects: ['tradovate-session'],
    least: 1,
    targets: [{ atMost: 6 }],
  },
  ...roundTripRows,
  ...botRows,
]
