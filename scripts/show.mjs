// The main job, shown: a login, its accounts, its token's expiry, and a renewal as it happens.

import { on } from 'node:events'
import { createRequire } from 'node:module'
import { printable, progressBar, tableLines } from './terminal.mjs'

const SANDBOX_TOKEN_LIFE_MS = 14_000
const RENEWAL_PATIENCE_MS = 20_000
const REAL_LOGIN_SHOWN_MS = 5_000
const FRAME_MS = 250

const ACCOUNT_COLUMNS = [
  { key: 'id', title: 'id' },
  { key: 'name', title: 'name' },
  { key: 'accountType', title: 'type' },
  { key: 'active', title: 'active' },
  { key: 'marginAccountType', title: 'margin' },
  { key: 'legalStatus', title: 'owner' },
  { key: 'nickname', title: 'nickname' },
]

const ADVICE = {
  ERR_TRADOVATE_CONFIG: 'Check the TRADOVATE_* variables.',
  ERR_TRADOVATE_CREDENTIALS:
    'Check TRADOVATE_NAME, TRADOVATE_PASSWORD, TRADOVATE_CID and TRADOVATE_SEC; do not try again and again.',
  ERR_TRADOVATE_EXTRA_FACTOR: 'Sign in once on the Tradovate web site and answer what it asks.',
  ERR_TRADOVATE_ACCOUNT_STATUS: 'Sign in once on the Tradovate web site to see what is wrong with the account.',
  ERR_TRADOVATE_CAPTCHA: 'Sign in once on the Tradovate web site and answer the captcha, then wait an hour.',
  ERR_TRADOVATE_PENALTY: 'Wait until then.',
  ERR_TRADOVATE_RATE_LIMITED: 'Wait an hour; each further try makes it longer.',
  ERR_TRADOVATE_LOCKED_OUT: 'Stop everything that uses this login for an hour.',
  ERR_TRADOVATE_LOGIN_BUDGET: 'Wait until then.',
  ERR_TRADOVATE_CONNECT: 'Check the network, and TRADOVATE_BASE_URL if it is set.',
  ERR_TRADOVATE_TIMEOUT: 'Check the network; Tradovate is also down for maintenance at set hours.',
  ERR_TRADOVATE_HTTP: 'Tradovate has a fault or is down for maintenance: try again later.',
}

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
      terminal.line(
        terminal.dim('Set TRADOVATE_NAME and TRADOVATE_PASSWORD (README: "From the environment") for a real one.'),
      )
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
  if (accounts.length === 0) {
    terminal.line('No accounts. That usually means the wrong environment: see TRADOVATE_ENVIRONMENT (live or demo).')
  }
  const columns = ACCOUNT_COLUMNS.filter(({ key }) => accounts.some(account => account[key] !== undefined))
  if (accounts.length > 0) {
    const [heading, ...lines] = tableLines(columns, accounts, terminal.width())
    terminal.line(terminal.bold(heading))
    for (const line of lines) terminal.line(line)
  }
  terminal.line()
}

/** A live line until the renewal has come; with a real login, which may be an hour from it, for a few seconds. */
async function watchRenewal(terminal, session, isReal) {
  const from = Date.now()
  const { generation } = session.status()
  const frame = () =>
    terminal.live(renewalLine(session.status(), from, Date.now(), Math.min(30, terminal.width() - 31)))
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

/** How far it is to the next renewal, as one line. */
export function renewalLine({ state, renewsAt }, from, now, barWidth) {
  if (!renewsAt) return `Session ${state}; no renewal is planned.`
  const left = Math.max(0, renewsAt.getTime() - now)
  const whole = Math.max(1, renewsAt.getTime() - from)
  return `Next renewal ${progressBar(1 - left / whole, Math.max(4, barWidth))}  ${left === 0 ? 'now' : `in ${duration(left)}`}`
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

/** An error as one line: its code, what happened, and what to do. */
export function describe(error) {
  const until = error.retryAt ? ` Trying again can help from ${clockTime(error.retryAt)} on.` : ''
  const advice = ADVICE[error.code] ? ` ${ADVICE[error.code]}` : ''
  const message = error.message.replace(/\.$/, '')
  return printable(`${error.code}: ${message}.${advice}${until}`)
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`
const clockTime = date => date.toTimeString().slice(0, 8)

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
