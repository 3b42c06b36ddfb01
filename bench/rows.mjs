// The rows of the benchmark: what is measured, of whom, and what was aimed at.
//
// A target is a ratio of medians, ours to the best peer's unless `against` names one; where `comparison` is absolute, a figure.
// `quick` has what is different in a short look. Rows of one `sharedRun` show figures of the same runs, which are of the subjects in
// `measured`, by default those that are shown. `group` is the section of the report.

import { botRows } from './bot-rows.mjs'
import { callRows } from './call-rows.mjs'
import { roundTripRows } from './round-trip-rows.mjs'
import { FLOOR, OURS } from './statistics.mjs'
import { tracingRows } from './tracing-rows.mjs'

const PACKAGES = [OURS, 'undici', 'axios', 'got', 'google-auth-library']

const CACHED = { warmUp: 1_000_000, calls: 5_000_000 }

const cached = (id, title, how, atMost, meaning) => ({
  id,
  title,
  meaning,
  unit: 'ns',
  figure: 'ns',
  group: 'alone',
  measure: 'cached',
  better: 'lower',
  subjects: [OURS, 'google-auth-library', FLOOR],
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
  group: 'alone',
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
  ...callRows,
  cached(
    'cached-read',
    'session.accessToken, a read',
    'read',
    0.4,
    'How long a read of a token at hand takes; the floor is a plain field.',
  ),
  cached(
    'cached-await',
    'await session.getAccessToken(), the token at hand',
    'wait',
    0.9,
    'How long waiting for a token at hand takes; the floor is a promise that is resolved.',
  ),
  {
    id: 'start',
    title: 'start to first accounts, plain, over an empty Node',
    meaning: 'How much longer a process that makes one call lives than one that does nothing.',
    unit: 'ms',
    figure: 'ms',
    group: 'alone',
    measure: 'start',
    better: 'lower',
    subjects: [OURS, 'node:http', 'fetch', 'undici'],
    on: 'one',
    kind: 'plain',
    accounts: 5,
    least: 21,
    targets: [
      { against: 'node:http', atMost: 0.7 },
      { against: 'fetch', atMost: 0.08 },
    ],
  },
  required('require-time', 'loading the package, time', 'ms', 'ms', 6, 'How long require() of the package takes.'),
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
    group: 'alone',
    measure: 'size',
    better: 'lower',
    comparison: 'absolute',
    subjects: [OURS],
    least: 1,
    targets: [{ atMost: 6.5 }],
  },
  ...roundTripRows,
  ...botRows,
  ...tracingRows,
]
