// Rows in a bot's own regime: a few calls a minute, and an event loop that is busy with the bot's own work.

import { bothOfOurs } from './ours.mjs'
import { FLOOR, OURS } from './statistics.mjs'

const PEERS = ['undici', 'fetch', 'node:https', 'axios', 'got']
const withFloor = [...bothOfOurs, ...PEERS, FLOOR]
const EVERY_MS = 250
const HOLD_MS = 1_000
const LIFE_MS = 3_000

const row = how => ({ group: 'bot', better: 'lower', kind: 'tls', accounts: 5, targets: [], ...how })

const paced = (id, title, figure, meaning, subjects) =>
  row({
    id,
    title: `a call in ${EVERY_MS} ms, TLS, 5 accounts, ${title}`,
    meaning,
    unit: 'µs',
    figure,
    measure: 'paced',
    subjects,
    on: 'one',
    schedule: 'paced',
    sharedRun: 'paced',
    measured: withFloor,
    everyMs: EVERY_MS,
    calls: 200,
    quick: { calls: 20 },
  })

const LOADS = {
  half: 'the bot computes 5 ms of every 10',
  stretch: 'the bot computes 2 s at a stretch',
}

/** Orders and renewals are of the same runs. */
const busy = (what, load, figure, title, meaning) =>
  row({
    id: `busy-${what}-${load}`,
    title: `${title}, ${LOADS[load]}`,
    meaning,
    unit: 'ms',
    figure,
    measure: 'busy',
    subjects: [OURS, ...PEERS],
    on: 'two',
    sharedRun: `busy-${load}`,
    lifeMs: LIFE_MS,
    wishes: { lifeMs: LIFE_MS },
    load,
    calls: 3,
    quick: { calls: 1 },
  })

const order = load =>
  busy(
    'order',
    load,
    'orderLateMs',
    'how late an order reaches the server',
    `The time from the call of request() until the server has the order, where ${LOADS[load]} and goes on with that right after the call, without giving the event loop a turn.`,
  )

const renewal = load =>
  busy(
    'renewal',
    load,
    'renewalLateMs',
    'how late a renewal reaches the server',
    `The time from when a renewal is due until the server has it, where ${LOADS[load]}. Ours renews by itself, a peer by a timer of the bot.`,
  )

const burst = (id, title, figure, meaning) =>
  row({
    id,
    title: `200 answers at once, TLS, 5 accounts, ${title}`,
    meaning,
    unit: 'ms',
    figure,
    measure: 'burst',
    subjects: [OURS, ...PEERS],
    on: 'two',
    sharedRun: 'burst',
    atOnce: 200,
    holdMs: HOLD_MS,
    wishes: { listDelayMs: HOLD_MS },
    quick: {},
  })

export const botRows = [
  paced(
    'paced-p50',
    'p50',
    'p50Us',
    'How long the middle one of 200 calls takes, one in 250 ms, whose code has run no more often than a bot runs it.',
    [...bothOfOurs, ...PEERS],
  ),
  paced('paced-p99', 'p99', 'p99Us', 'The same of the 99th percentile: of 200 calls two take longer.', [
    ...bothOfOurs,
    ...PEERS,
  ]),
  paced(
    'paced-main',
    'main thread a call',
    'mainThreadUs',
    'What a call and the waiting for the next cost the main thread of such a bot. The floor only waits.',
    withFloor,
  ),
  renewal('half'),
  renewal('stretch'),
  order('half'),
  order('stretch'),
  burst(
    'burst-gap',
    'longest gap of the event loop',
    'longestGapMs',
    'For how long 200 answers, which came while the bot computed, hold the event loop in one piece afterwards.',
  ),
  burst(
    'burst-all',
    'until the bot has all',
    'untilAllMs',
    'How long it takes from the end of the computing until the bot has all of the 200 answers, which came meanwhile.',
  ),
]
