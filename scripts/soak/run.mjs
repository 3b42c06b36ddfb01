// npm run soak -- --hours H: bots that share a login for hours, on real time, while a fifth of all calls goes wrong.

import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startSandbox } from '../../sandbox/index.js'
import { randomness, turns } from './faults.mjs'
import { plot } from './plot.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const BOTS = 8
const LIFE_MS = 90_000
// Calls whose turn is said ahead: more than are made between two looks.
const AHEAD = 200
const LOOK_EVERY_MS = 500
const KILL_EVERY_MS = 120_000
const MIB = 2 ** 20

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '0.5' },
    seed: { type: 'string', default: '1' },
    plot: { type: 'string', default: 'soak.svg' },
  },
})
const lastsMs = Number(values.hours) * 3_600_000
if (!(lastsMs > 0)) throw new Error('--hours takes a number above 0')

const random = randomness(Number(values.seed))
const nextTurn = turns(random)
const folder = mkdtempSync(join(tmpdir(), 'tradovate-soak-'))
const sandbox = await startSandbox({
  tokenLifetimeMs: LIFE_MS,
  quotas: { penaltiesBeforeCaptcha: Number.POSITIVE_INFINITY },
})
const started = Date.now()
const bots = []

function startBot() {
  const args = [sandbox.baseUrl, join(folder, 'store'), JSON.stringify(sandbox.credentials)]
  const child = fork(join(here, 'bot.mjs'), args, { execArgv: ['--expose-gc'] })
  const bot = { child, samples: [], last: undefined, killed: false }
  bot.ended = new Promise(resolve => child.on('close', code => resolve(code)))
  child.on('message', told => {
    bot.last = told
    bot.samples.push({
      minute: (told.at - started) / 60_000,
      heapMib: told.heapUsed / MIB,
      rssMib: told.rss / MIB,
      handles: told.handles,
    })
  })
  bots.push(bot)
  return bot
}

const running = Array.from({ length: BOTS }, startBot)
let said = 0
let kills = 0
let nextKill = started + KILL_EVERY_MS
let nextLine = started
while (Date.now() - started < lastsMs) {
  for (; said < sandbox.counts.calls + AHEAD; said += 1) sandbox.inject(nextTurn())
  if (Date.now() >= nextKill) {
    nextKill += KILL_EVERY_MS
    kills += 1
    // The first half stays, so that its heap can be followed from the beginning to the end.
    const place = BOTS / 2 + Math.floor(random() * (BOTS / 2))
    running[place].killed = true
    running[place].child.kill('SIGKILL')
    running[place] = startBot()
  }
  if (Date.now() >= nextLine) {
    nextLine += 60_000
    const { logins, renewals, calls } = sandbox.counts
    console.log(
      `${((Date.now() - started) / 60_000).toFixed(0)} min: ${calls} calls, ${logins} logins, ${renewals} renewals, ${kills} kills`,
    )
  }
  await pause(LOOK_EVERY_MS)
}
sandbox.clearFaults()
for (const { child } of running) child.send('end')
const codes = await Promise.all(running.map(({ ended }) => ended))

const total = pick => bots.reduce((sum, { last }) => sum + (last ? pick(last) : 0), 0)
const errors = {}
for (const { last } of bots) {
  for (const [code, count] of Object.entries(last?.seen.errors ?? {})) errors[code] = (errors[code] ?? 0) + count
}
const reads = total(({ seen }) => seen.reads)
const steady = running.slice(0, BOTS / 2)
const grown = pick =>
  steady.map(({ samples }) => `${pick(samples[1] ?? samples[0])} to ${pick(samples.at(-1))}`).join(', ')
const outcomes = {}
for (const { outcome } of sandbox.log) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1

const rows = [
  [
    'time',
    `${(lastsMs / 60_000).toFixed(0)} min, ${BOTS} processes, tokens of ${LIFE_MS / 1000} s, ${kills} times kill -9`,
  ],
  ['calls at the sandbox', `${sandbox.counts.calls}: ${JSON.stringify(outcomes)}`],
  ['logins', sandbox.counts.logins],
  ['renewals', sandbox.counts.renewals],
  ['evictions', sandbox.counts.evictions],
  ['tokens adopted', total(({ counts }) => counts.adoptions)],
  ['reads of the token', `${reads}, of which without one ${total(({ seen }) => seen.noToken)}`],
  ['seconds of dead token served', total(({ seen }) => seen.deadMs) / 1000],
  ['account lists', `${total(({ seen }) => seen.answered)} of ${total(({ seen }) => seen.asked)} asked for`],
  ['errors seen by callers', JSON.stringify(errors)],
  ['warnings', total(({ seen }) => seen.warnings)],
  ['unhandled rejections', total(({ seen }) => seen.unhandled)],
  ['exit codes at the end', codes.join(' ')],
  ['heap, MiB, early to end', grown(sample => sample.heapMib.toFixed(2))],
  ['resident, MiB, early to end', grown(sample => sample.rssMib.toFixed(1))],
  ['file descriptors, early to end', grown(sample => sample.handles)],
]
console.log()
for (const [what, figure] of rows) console.log(`| ${what} | ${figure} |`)
writeFileSync(
  values.plot,
  plot(
    bots.map(({ samples }) => samples).filter(samples => samples.length > 1),
    lastsMs / 60_000,
  ),
)
console.log(`\nThe plot is in ${values.plot}.`)
await sandbox.close()
rmSync(folder, { recursive: true, force: true })
const isWell = codes.every(code => code === 0) && total(({ seen }) => seen.deadMs + seen.unhandled) === 0
process.exitCode = isWell ? 0 : 1
