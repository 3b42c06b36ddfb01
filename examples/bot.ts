// A small bot: it keeps a session and looks at its accounts twice a second. The sandbox then gives it a bad quarter of a
// minute, an outage of the renewal and a login from elsewhere that closes its session, and the bot carries on through both.

import { setTimeout as sleep } from 'node:timers/promises'
import { Session, TradovateError } from 'tradovate-session'
import { startSandbox } from 'tradovate-session/sandbox'

const TOKEN_LIFE_MS = 12_000
const POLL_EVERY_MS = 500

const started = Date.now()
const say = (text: string) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s  ${text}`)

/** Looks at the accounts until it is told to stop; a poll that fails is said and is not the end of the bot. */
async function poll(session: Session, signal: AbortSignal): Promise<{ good: number; failed: number }> {
  const polls = { good: 0, failed: 0 }
  while (!signal.aborted) {
    try {
      const accounts = await session.getAccounts()
      if (polls.good === 0) say(`accounts: ${accounts.map(account => account.name).join(', ')}`)
      polls.good += 1
    } catch (error) {
      polls.failed += 1
      say(`poll failed: ${error instanceof TradovateError ? error.code : error}`)
    }
    await sleep(POLL_EVERY_MS)
  }
  return polls
}

/** The next token that the session comes by in this way. */
function nextToken(session: Session, how: 'login' | 'renewal'): Promise<void> {
  return new Promise(resolve => {
    session.on('token', function listener(token) {
      if (token.how !== how) return
      session.off('token', listener)
      resolve()
    })
  })
}

async function main(): Promise<void> {
  const sandbox = await startSandbox({ tokenLifetimeMs: TOKEN_LIFE_MS })
  const session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } })
  const stop = new AbortController()
  try {
    say(`open: token ${session.status().generation}, good until ${session.status().expiresAt?.toISOString()}`)
    session.on('token', token => say(`token ${token.generation} by ${token.how}`))
    session.on('status', status => say(`status ${status.state}`))
    session.on('warning', warning => say(`warning ${warning.code}`))
    const polling = poll(session, stop.signal)

    say('sandbox: the next renewal will be answered with 503')
    sandbox.inject({ endpoint: 'renew', times: 1, status: 503 })
    await nextToken(session, 'renewal')

    say('sandbox: a login elsewhere closes this session')
    const login = nextToken(session, 'login')
    sandbox.evict()
    await login

    await sleep(2 * POLL_EVERY_MS)
    stop.abort()
    const { good, failed } = await polling
    const { logins, renewals, state } = session.status()
    say(`done: ${state}, ${good} good polls, ${failed} failed, ${logins} logins, ${renewals} renewals`)
  } finally {
    stop.abort()
    await session.close()
    await sandbox.close()
  }
}

main().catch((error: unknown) => {
  console.error(String(error))
  process.exitCode = 1
})
