// What the sandbox does with each call of a soak: one in five goes wrong, each time in another way.

const SHARE = 1 / 5

// A login that is refused counts against the quota of four an hour, and tokens of this life need many logins: refusals come
// to account calls only, and lockouts, which would end the soak and not test it, have tests of their own.
const FAULTS = [
  { status: 500 },
  { status: 502 },
  { status: 503 },
  { status: 504 },
  { status: 408 },
  { fault: 'hang' },
  { fault: 'reset' },
  { fault: 'truncate' },
  { fault: 'garbage' },
  { latencyMs: 3000 },
  { endpoint: 'account', status: 403 },
  { endpoint: 'account', status: 404 },
  { endpoint: 'account', penalty: { seconds: 2 } },
]

// Carried out as it should be, but counted as the next call's turn.
const NOTHING = { latencyMs: 0 }

/** A repeatable source of numbers from 0 to 1 (mulberry32). */
export function randomness(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Says for each next call, in turn, what happens to it. */
export function turns(random) {
  return () => {
    const fault = random() < SHARE ? FAULTS[Math.floor(random() * FAULTS.length)] : NOTHING
    return { endpoint: 'any', ...fault }
  }
}
