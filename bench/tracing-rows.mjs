// Rows of the tracing channels: what they cost while nobody listens, and while somebody does.
//
// The package without its channels is another program, which nobody has. So the check whether somebody listens is measured by
// itself, and beside it calls with a listener, which are what that check saves.

import { OURS, OURS_TRACED } from './statistics.mjs'

const SHORT = { kind: 'tls', accounts: 5, warmUp: 2_000, calls: 10_000 }

const row = how => ({ group: 'tracing', better: 'lower', unit: 'µs', targets: [], on: 'one', ...SHORT, ...how })

const beside = (id, title, figure, meaning, how) =>
  row({
    id,
    title: `tracing, TLS, 5 accounts, ${title}`,
    meaning: `${meaning} The listener adds up the durations by endpoint.`,
    figure,
    measure: 'calls',
    subjects: [OURS, OURS_TRACED],
    heldAgainst: OURS_TRACED,
    ...how,
  })

const alone = (id, title, figure, unit, meaning, target) =>
  row({
    id,
    title,
    meaning,
    unit,
    figure,
    measure: 'unheard',
    comparison: 'absolute',
    subjects: [OURS],
    sharedRun: 'tracing-unheard',
    checks: 1_000_000,
    targets: target ? [target] : [],
  })

export const tracingRows = [
  alone(
    'tracing-check',
    'tracing, whether somebody listens, a call',
    'ns',
    'ns',
    'How long a call takes to see that nobody listens to the channels, in code that V8 has not optimized, as that of a bot with few calls is.',
  ),
  alone(
    'tracing-unheard',
    'tracing, whether somebody listens, of a call’s main thread',
    'percent',
    '%',
    'Which share that is of what a call for five accounts over TLS, one after another, costs the main thread.',
    { atMost: 1 },
  ),
  beside(
    'tracing-p50',
    'one after another, p50',
    'p50Us',
    'How long the middle one of calls takes, each after the one before, while nobody listens and while somebody does.',
    { atOnce: 1, sharedRun: 'tracing-sequential' },
  ),
  beside(
    'tracing-main',
    'one after another, main thread a call',
    'mainThreadUs',
    'What a call costs the main thread, each after the one before, while nobody listens and while somebody does.',
    { atOnce: 1, sharedRun: 'tracing-sequential' },
  ),
  beside(
    'tracing-main-64',
    '64 at once, main thread a call',
    'mainThreadUs',
    'The same with 64 calls under way at any time.',
    { atOnce: 64, on: 'two' },
  ),
]
