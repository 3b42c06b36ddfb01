// What it costs to read a token that is at hand.

import { performance } from 'node:perf_hooks'
import { openOurs } from '../ours.mjs'

const HOUR_MS = 3_600_000
const token = 'a'.repeat(240)

const subjects = {
  async 'tradovate-session'(base) {
    const session = await openOurs(base)
    return {
      read: () => session.accessToken.length,
      wait: async () => (await session.getAccessToken()).accessToken.length,
      close: () => session.close(),
    }
  },
  async 'google-auth-library'() {
    const { OAuth2Client } = await import('google-auth-library')
    const client = new OAuth2Client()
    client.setCredentials({ access_token: token, expiry_date: Date.now() + HOUR_MS })
    return { wait: async () => (await client.getAccessToken()).token.length }
  },
  /** No client at all: a field, and a promise that has long been resolved. */
  async floor() {
    const holder = { token, promise: Promise.resolve({ token }) }
    return { read: () => holder.token.length, wait: async () => (await holder.promise).token.length }
  },
}

export async function measure({ subject, base, how, warmUp, calls }) {
  const { read, wait, close } = await subjects[subject](base)
  // A client that has no plain read is asked in the only way it has.
  const loop = how === 'read' && read ? count => readLoop(read, count) : count => waitLoop(wait, count)
  await loop(warmUp)
  const started = performance.now()
  const sum = await loop(calls)
  const tookMs = performance.now() - started
  if (sum < calls * 100) throw new Error('the token that was read is none')
  await close?.()
  return { ns: (tookMs * 1e6) / calls }
}

function readLoop(read, count) {
  let sum = 0
  for (let i = 0; i < count; i += 1) sum += read()
  return sum
}

async function waitLoop(wait, count) {
  let sum = 0
  for (let i = 0; i < count; i += 1) sum += await wait()
  return sum
}
