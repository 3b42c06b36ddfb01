// npm run platforms: builds the addon for other platforms on a Debian of x64, and runs there what can run here: the shows of npm start and
// the tests of what the addon does. "-- --only NAME" takes one of them. Nothing of the machine changes, except a folder for what is fetched
// and built: tradovate-session-platforms among the user's caches, or the one that TRADOVATE_SESSION_PLATFORMS names.

import { parseArgs } from 'node:util'
import { createTerminal } from '../cli/terminal.js'
import { bundleFacade } from './bundle.mjs'
import { build, buildForWindows, check } from './platforms/builds.mjs'
import { cacheFolder } from './platforms/cache.mjs'
import { report } from './platforms/results.mjs'
import { debian11, debianArm64, musl, wine } from './platforms/systems.mjs'
import { tryAddon } from './platforms/trial.mjs'

const PLATFORMS = [
  { name: 'x64', platform: 'linux-x64-gnu', build, rust: 'installed', system: debian11 },
  { name: 'arm64', platform: 'linux-arm64-gnu', build, rust: 'debian', system: debianArm64 },
  { name: 'musl', platform: 'linux-x64-musl', build, rust: 'sources', system: musl },
  { name: 'windows', platform: 'win32-x64-gnu', build: buildForWindows, rust: 'sources', system: wine },
  { name: 'macos', platform: 'darwin-arm64', build: check, rust: 'sources' },
]

const terminal = createTerminal()
const started = performance.now()

function tell(text) {
  terminal.line(`${String(Math.round((performance.now() - started) / 1000)).padStart(5)} s  ${text}`)
}

function chosen() {
  const { only } = parseArgs({ options: { only: { type: 'string' } } }).values
  const names = PLATFORMS.map(({ name }) => name)
  if (only !== undefined && !names.includes(only)) throw new Error(`--only takes one of ${names.join(', ')}`)
  return PLATFORMS.filter(({ name }) => only === undefined || name === only)
}

function checkMachine() {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('this needs a Debian of x64')
}

/** Builds one platform after the other, and tries each while the next one is built. Gives a row of the table for each. */
async function runAll(platforms) {
  const rows = []
  let trials = Promise.resolve()
  for (const { name, build, system, ...options } of platforms) {
    const row = { platform: options.platform, failed: [] }
    rows.push(row)
    await attempt(row, 'built', async () => {
      tell(`${name}: builds`)
      Object.assign(row, await build(options.platform, options))
      tell(`${name}: built in ${Math.round(row.built)} s`)
    })
    if (!row.addon || !system) continue
    trials = trials.then(() =>
      attempt(row, 'tried', async () => {
        const { failed, ...tried } = await tryAddon(options.platform, row.addon, system())
        Object.assign(row, tried, { failed: [...row.failed, ...failed] })
        tell(`${name}: ${row.passed} tests passed, ${row.failed.length} failed, ${row.leftOut.length} left out`)
      }),
    )
  }
  await trials
  return rows
}

async function attempt(row, what, work) {
  try {
    await work()
  } catch (error) {
    row.failed.push({ name: `could not be ${what}`, why: error.message })
    tell(`${row.platform} could not be ${what}: ${error.message}`)
  }
}

try {
  checkMachine()
  const platforms = chosen()
  await bundleFacade()
  tell(`what is fetched and built goes into ${cacheFolder()}`)
  const rows = await runAll(platforms)
  terminal.line()
  for (const line of report(rows)) terminal.line(line)
  process.exitCode = rows.some(({ failed }) => failed.length > 0) ? 1 : 0
} catch (error) {
  console.error(`No platform was tried: ${error.message}.`)
  process.exitCode = 1
}
