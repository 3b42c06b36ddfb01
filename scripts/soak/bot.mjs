// One bot of a soak: reads its token all the time, asks for its accounts, and tells its parent what it saw.

import { readdirSync } from 'node:fs'
import { setInterval } from 'node:timers'
import tradovate from '../../index.js'

const READ_EVERY_MS = 100
// All bots together stay below the 5,000 requests that a user has in an hour: 429 would stop them all for the next.
const ASK_EVERY_MS = 6000
const TELL_EVERY_MS = 10_000
const FOLDER_OF_HANDLES = '/proc/self/fd'

const [baseUrl, folder, credentials] = process.argv.slice(2)
const seen = { reads: 0, noToken: 0, deadMs: 0, asked: 0, answered: 0, errors: {}, warnings: 0, unhandled: 0 }
const note = error => {
  seen.errors[error.code ?? error.name] = (seen.errors[error.code ?? error.name] ?? 0) + 1
}

process.on('unhandledRejection', () => {
  seen.unhandled += 1
})

// A token of 90 s needs more logins and renewals than an hour has room for: the renewals are used up first, and the
// budget of logins is made wide enough for the rest.
const settings = {
  baseUrl,
  store: { type: 'file', path: folder },
  timeoutMs: 10_000,
  maxLogins: { count: 90, withinMs: 3_600_000 },
}

async function opened() {
  for (;;) {
    try {
      return await tradovate.Session.open(JSON.parse(credentials), settings)
    } catch (error) {
      note(error)
      await new Promise(resolve => setTimeout(resolve, 1000))
    }
  }
}

const session = await opened()
const expiries = new Map()
const remember = ({ accessToken, expirationTime }) => expiries.set(accessToken, Date.parse(expirationTime))
session.on('token', remember)
session.on('warning', () => {
  seen.warnings += 1
})
remember(await session.getAccessToken())

function read() {
  seen.reads += 1
  try {
    const token = session.accessToken
    // A token whose event has not been heard yet has just come.
    const dies = expiries.get(token) ?? Number.POSITIVE_INFINITY
    if (Date.now() >= dies) seen.deadMs += READ_EVERY_MS
  } catch {
    seen.noToken += 1
  }
  if (expiries.size > 10) expiries.delete(expiries.keys().next().value)
}

async function ask() {
  seen.asked += 1
  try {
    await session.getAccounts()
    seen.answered += 1
  } catch (error) {
    note(error)
  }
}

function tell() {
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  const { logins, renewals, adoptions, failures } = session.status()
  const handles = readdirSync(FOLDER_OF_HANDLES).length
  process.send({ at: Date.now(), heapUsed, rss, handles, seen, counts: { logins, renewals, adoptions, failures } })
}

const timers = [setInterval(read, READ_EVERY_MS), setInterval(ask, ASK_EVERY_MS), setInterval(tell, TELL_EVERY_MS)]
tell()

process.once('message', async () => {
  for (const timer of timers) clearInterval(timer)
  tell()
  await session.close()
  process.disconnect()
})
