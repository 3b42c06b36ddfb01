// One login for many processes, shown: a token service, three bots without credentials, a renewal that reaches them all, the
// service killed and started again, and what Tradovate counted.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { count } from '../cli/format.js'
import { tableLines } from '../cli/terminal.js'
import { root } from './addon.mjs'
import { freePort } from './free-port.mjs'

const TOKEN_LIFE_MS = 20_000
const BOTS = 3
const LOOK_EVERY_MS = 20
const COLUMNS = [
  { key: 'process', title: 'process' },
  { key: 'pid', title: 'pid' },
  { key: 'first', title: 'at first' },
  { key: 'renewed', title: 'renewed' },
  { key: 'orphaned', title: 'service killed' },
  { key: 'again', title: 'service back' },
  { key: 'accounts', title: 'accounts' },
]

const isWindows = process.platform === 'win32'

/** Runs the show and returns the exit code. Without Unix sockets the service is at a port. */
export async function showMany(terminal, { hasSockets = !isWindows } = {}) {
  const { startSandbox } = createRequire(import.meta.url)('tradovate-session/sandbox')
  const folder = mkdtempSync(join(tmpdir(), 'tradovate-session-'))
  const sandbox = await startSandbox({ tokenLifetimeMs: TOKEN_LIFE_MS })
  const place = { folder, ...(hasSockets ? atSocket(folder) : await atPort(folder)) }
  const children = []
  try {
    terminal.line(terminal.bold('One login for many processes, with the sandbox: Tradovate on this machine'))
    terminal.line()
    return await run(terminal, sandbox, place, children)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await sandbox.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Where the service is: as a dependent's options say it, and as the command `serve` does. */
function atSocket(folder) {
  const socketPath = join(folder, 'service', 'token.sock')
  return { address: { socketPath }, served: ['--socket', socketPath] }
}

async function atPort(folder) {
  // The service's successor takes the same one.
  const [port, secretFile] = [await freePort(), join(folder, 'service', 'secret')]
  return { address: { port, secretFile }, served: ['--port', String(port), '--secret-file', secretFile] }
}

async function run(terminal, sandbox, place, children) {
  const service = await startService(sandbox, place, children)
  terminal.line(`A token service has logged in (process ${service.child.pid}).`)
  const bots = await Promise.all(Array.from({ length: BOTS }, () => startBot(place, children)))
  const first = await allAt(bots, 1)
  terminal.line(`${BOTS} bots without credentials have its token and list the accounts with it.`)

  const renewed = await allAt(bots, 2)
  await saved(sandbox, place, 2)
  terminal.line('A renewal has reached them all, and the disk.')

  service.child.kill('SIGKILL')
  await once(service.child, 'close')
  const orphaned = await allAsked(bots)
  terminal.line('The service was killed; the bots go on with the token that they have.')

  const successor = await startService(sandbox, place, children)
  terminal.line(`It was started again (process ${successor.child.pid}) and has taken the stored token over.`)
  const again = await allAt(bots, 3)
  terminal.line('Its next renewal has reached the same bots.')

  for (const bot of bots) bot.child.stdin.end()
  await Promise.all(bots.map(bot => once(bot.child, 'close')))
  successor.child.kill('SIGTERM')
  const [status] = await once(successor.child, 'close')
  print(terminal, [service, successor], bots, { first, renewed, orphaned, again })
  return verdict(terminal, sandbox.counts, status)
}

function print(terminal, [service, successor], bots, told) {
  const rows = bots.map(({ child }, i) => ({
    process: `bot ${i + 1}`,
    pid: child.pid,
    ...Object.fromEntries(Object.entries(told).map(([when, answers]) => [when, `token ${answers[i].generation}`])),
    accounts: told.again[i].accounts,
  }))
  const services = [
    { process: 'service', pid: service.child.pid, first: 'token 1', renewed: 'token 2', orphaned: 'killed', again: '' },
    { process: 'service', pid: successor.child.pid, first: '', renewed: '', orphaned: '', again: 'token 3' },
  ]
  const [heading, ...lines] = tableLines(COLUMNS, [...services, ...rows], terminal.width())
  terminal.line()
  terminal.line(terminal.bold(heading))
  for (const line of lines) terminal.line(line)
  terminal.line()
}

function verdict(terminal, { logins, renewals }, status) {
  // Windows has no signal that a process could answer by closing.
  const isGood = logins === 1 && renewals === 2 && (status === 0 || isWindows)
  const paint = isGood ? terminal.green : terminal.red
  terminal.line(
    `${paint(count(logins, 'login'))} and ${count(renewals, 'renewal')} at Tradovate, for ${BOTS + 2} processes.`,
  )
  return isGood ? 0 : 1
}

/** A process that runs `tradovate-session serve`, once it serves. */
async function startService({ baseUrl, credentials }, { folder, served }, children) {
  const { name, password, appId, appVersion, cid, sec } = credentials
  const env = {
    ...process.env,
    TRADOVATE_BASE_URL: baseUrl,
    TRADOVATE_NAME: name,
    TRADOVATE_PASSWORD: password,
    TRADOVATE_APP_ID: appId,
    TRADOVATE_APP_VERSION: appVersion,
    TRADOVATE_CID: String(cid),
    TRADOVATE_SEC: sec,
  }
  const args = ['serve', '--environment', 'live', ...served, '--store', join(folder, 'store')]
  const service = start(join(root, 'cli', 'main.js'), args, { env }, children)
  await service.says(line => line.startsWith('Serving the token'))
  return service
}

async function startBot({ address }, children) {
  return start(join(root, 'scripts', 'dependent.mjs'), [JSON.stringify(address)], {}, children)
}

/** A child whose lines can be waited for: `says` gives the next one that fits. */
function start(script, args, options, children) {
  const child = spawn(process.execPath, [script, ...args], { ...options, stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async says(fits) {
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`${script} ended too soon`)
        if (fits(value)) return value
      }
    },
  }
}

/** Resolves once the token of a generation is on disk: a token is handed out at once, and saved a moment later. */
async function saved({ baseUrl, credentials: { name, appId, cid } }, { folder }, generation) {
  const { storedStatus } = createRequire(import.meta.url)('tradovate-session')
  const options = { baseUrl, store: { type: 'file', path: join(folder, 'store') } }
  for (;;) {
    const status = await storedStatus({ name, appId, cid }, options)
    if (status?.generation === generation) return
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** What each bot says once it has the token of a generation. */
function allAt(bots, generation) {
  return Promise.all(bots.map(bot => told(bot, answer => answer.generation === generation)))
}

/** What each bot says when it is asked now. */
function allAsked(bots) {
  return Promise.all(
    bots.map(bot => {
      bot.child.stdin.write('\n')
      return told(bot, () => true)
    }),
  )
}

async function told(bot, fits) {
  return JSON.parse(await bot.says(line => fits(JSON.parse(line))))
}
