// The main job, shown: a login, its accounts, its token's expiry, and a renewal as it happens.

import { on } from 'node:events'
import { createRequire } from 'node:module'
import { describe } from '../cli/failure.js'
import { accountLines, clockTime, count, duration } from '../cli/format.js'
import { barWidth, renewalLine } from '../cli/render.js'

const SANDBOX_TOKEN_LIFE_MS = 14_000
const RENEWAL_PATIENCE_MS = 20_000
const REAL_LOGIN_SHOWN_MS = 5_000
const FRAME_MS = 250

/** Runs the show and returns the exit code. */
export async function show(terminal, { env = process.env } = {}) {
  const { Session } = createRequire(import.meta.url)('tradovate-session')
  const isReal = Boolean(env.TRADOVATE_NAME || env.TRADOVATE_PASSWORD)
  let sandbox
  let session
  try {
    const started = performance.now()
    if (isReal) {
      terminal.line(terminal.bold('tradovate-session with the login that the TRADOVATE_* variables name'))
      session = await Session.fromEnvironment()
    } else {
      terminal.line(terminal.bold('tradovate-session with the sandbox: Tradovate on this machine, no real login'))
      terminal.line(terminal.dim('Set TRADOVATE_NAME and TRADOVATE_PASSWORD (docs/getting-started.md) for a real one.'))
      sandbox = await startSandbox()
      session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } })
    }
    session.on('warning', warning => terminal.line(describe(warning)))
    printLogin(terminal, session, isReal ? session.status().environment : 'sandbox', performance.now() - started)
    await printAccounts(terminal, session)
    await watchRenewal(terminal, session, isReal)
    printSummary(terminal, session, sandbox)
    return 0
  } catch (error) {
    if (!error.code) throw error
    terminal.endLive()
    process.stderr.write(`${terminal.red(describe(error))}\n`)
    return 1
  } finally {
    await session?.close()
    await sandbox?.close()
  }
}

function startSandbox() {
  const { startSandbox: start } = createRequire(import.meta.url)('tradovate-session/sandbox')
  return start({ tokenLifetimeMs: SANDBOX_TOKEN_LIFE_MS })
}

function printLogin(terminal, session, where, tookMs) {
  const { userId, generation, expiresAt } = session.status()
  const user = userId === undefined ? '' : `, user ${userId}`
  terminal.line()
  terminal.line(`${terminal.green('Logged in')} after ${Math.round(tookMs)} ms (${where}${user}).`)
  terminal.line(
    `Token ${generation} is good until ${clockTime(expiresAt)}, ${duration(expiresAt - Date.now())} from now.`,
  )
}

async function printAccounts(terminal, session) {
  const accounts = await session.getAccounts()
  terminal.line()
  for (const line of accountLines(accounts, terminal)) terminal.line(line)
  terminal.line()
}

/** A live line until the renewal has come; with a real login, which may be an hour from it, for a few seconds. */
async function watchRenewal(terminal, session, isReal) {
  const from = Date.now()
  const { generation } = session.status()
  const frame = () => terminal.live(renewalLine(session.status(), from, Date.now(), barWidth(terminal)))
  const timer = setInterval(frame, FRAME_MS)
  frame()
  try {
    const token = await nextToken(session, generation, isReal ? REAL_LOGIN_SHOWN_MS : RENEWAL_PATIENCE_MS)
    const until = clockTime(session.status().expiresAt)
    terminal.line(`${terminal.green('New token')} by ${token.how}: token ${token.generation} is good until ${until}.`)
  } catch (error) {
    if (error.name !== 'AbortError') throw error
    if (!isReal)
      throw Object.assign(new Error('The sandbox was not asked for a renewal in time'), { code: 'ERR_NO_RENEWAL' })
    const { renewsAt } = session.status()
    if (renewsAt) terminal.line(`The next renewal is due at ${clockTime(renewsAt)}; a bot would carry on from here.`)
  } finally {
    clearInterval(timer)
    terminal.endLive()
  }
}

async function nextToken(session, generation, withinMs) {
  for await (const [token] of on(session, 'token', { signal: AbortSignal.timeout(withinMs) })) {
    if (token.generation > generation) return token
  }
}

function printSummary(terminal, session, sandbox) {
  const { logins, renewals, failures, state } = session.status()
  terminal.line()
  terminal.line(
    `Session ${state}: ${count(logins, 'login')}, ${count(renewals, 'renewal')}, ${count(failures, 'failure')}.`,
  )
  if (sandbox)
    terminal.line(
      `The sandbox counted ${count(sandbox.counts.calls, 'call')} in all. Its log and faults: docs/sandbox.md.`,
    )
}
