// Rows with a distant server: round trips of a call after an idle time.

import { bothOfOurs } from './ours.mjs'

const CLIENTS = [...bothOfOurs, 'undici', 'undici, tuned', 'fetch', 'node:https', 'node:http2', 'axios', 'got']
/** Load balancers close a connection after this. */
const USUAL_CLOSE_S = 60
// Short looks scale the times of bot and server; those of the clients stay what they are. So a call at the moment of the closing,
// which a client that replaces its connections in time never makes, would be one here.
const QUICK_IDLE_S = { 0: 0, 10: 3, 60: 8, 300: 12 }
const QUICK_CLOSE_S = { 5: 2, 60: 6 }
const WARM_UP = 4
/** A GET and a POST each time. */
const CALLS = { 0: 20, 10: 4, 60: 2, 300: 2 }

const distant = (id, how) => ({
  id,
  group: 'round-trips',
  unit: 'round trips',
  figure: 'roundTrips',
  measure: 'idle',
  better: 'lower',
  subjects: CLIENTS,
  kinds: { 'node:http2': 'tlsH2' },
  on: 'one',
  kind: 'tls',
  accounts: 5,
  schedule: 'planned',
  isMostlyWaiting: true,
  warmUp: WARM_UP,
  targets: [
    { atMost: 1.1, isAbsolute: true },
    { counted: ['lost', 'twice'], what: 'lost or sent twice', atMost: 0 },
  ],
  ...how,
})

const timesOf = (roundTripMs, idleS, closeS) => ({
  idleMs: idleS * 1e3,
  server: { roundTripMs, ...(closeS && { idleCloseMs: closeS * 1e3 }) },
  title: `round trips of a call after ${idleS} s idle, ${roundTripMs} ms away, ${closing(closeS)}`,
  meaning: `How many round trips of ${roundTripMs} ms a GET or a POST takes that is the first for ${idleS} s, to a server whose connections are ${closing(closeS)}. 1 is the least, a new connection takes 3. Lost calls got no answer, calls sent twice reached the server twice, further ones are a client's own.`,
})

const closing = closeS => (closeS ? `closed when idle for ${closeS} s` : 'never closed')

function idle(roundTripMs, idleS, closeS = USUAL_CLOSE_S) {
  const suffix = closeS === USUAL_CLOSE_S ? '' : closeS ? `-closed-${closeS}` : '-never-closed'
  const quick = timesOf(roundTripMs, QUICK_IDLE_S[idleS], closeS && QUICK_CLOSE_S[closeS])
  return distant(`idle-${roundTripMs}-${idleS}${suffix}`, {
    ...timesOf(roundTripMs, idleS, closeS),
    calls: CALLS[idleS],
    quick: { ...quick, calls: 2, title: `${quick.title} (a short look at ${idleS} s)` },
  })
}

const NEVER = null

export const roundTripRows = [
  ...[20, 80].flatMap(roundTripMs => [0, 10, 60, 300].map(idleS => idle(roundTripMs, idleS))),
  idle(80, 60, NEVER),
  idle(80, 300, NEVER),
  idle(80, 10, 5),
  distant('first-call-80', {
    group: 'first-call',
    title: 'round trips of the first call after opening, 80 ms away',
    meaning:
      'How many round trips of 80 ms the first call of a client takes when it is opened: ours by its login, a peer without any call. 1 is the least, a new connection takes 3.',
    idleMs: 0,
    server: { roundTripMs: 80, idleCloseMs: USUAL_CLOSE_S * 1e3 },
    warmUp: 0,
    calls: 1,
    quick: { calls: 1, warmUp: 0 },
  }),
]
