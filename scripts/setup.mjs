// What must be there before anything of this checkout can run: Node, the npm packages, Rust, the addon, the facade in one file.

import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { addonPath, buildAddon, missingToolchain, root } from './addon.mjs'
import { bundleFacade } from './bundle.mjs'

const SHOW_BUILD_AFTER_MS = 1500

/** A reason to stop that needs no stack trace: its message is all there is to say. */
export class SetupError extends Error {}

/** Installs and builds what is missing or older than its sources; says what it does when that takes a while. */
export async function setUp(terminal) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new SetupError(`Node.js 20 or newer is needed, and this is ${process.versions.node}.`)
  }
  const missing = missingToolchain()
  if (missing) throw new SetupError(missing)
  installPackages(terminal)
  await build(terminal)
  await bundleFacade().catch(error => {
    throw new SetupError(`The facade could not be bundled: ${error.message}`)
  })
}

function installPackages(terminal) {
  const installed = join(root, 'node_modules', '.package-lock.json')
  const lock = join(root, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  terminal.line('Installing the npm packages (npm ci) ...')
  const run = runNpm(['ci', '--loglevel=error', '--no-fund', '--no-audit'])
  if (run.status !== 0) {
    process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}`)
    throw new SetupError('npm ci failed; its own words are above.')
  }
}

function runNpm(args) {
  const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
  const npm = process.env.npm_execpath
  if (npm?.endsWith('.js')) return spawnSync(process.execPath, [npm, ...args], options)
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
}

async function build(terminal) {
  const started = Date.now()
  const elapsed = () => Math.round((Date.now() - started) / 1000)
  const isFirst = !existsSync(addonPath)
  const duration = isFirst ? 'the first time this takes two to six minutes' : 'this takes up to a minute'
  let output = ''
  let latest = 'starting'
  let announced = false
  const timer = setInterval(() => {
    if (!announced) terminal.line(`Building the native addon with cargo; ${duration} ...`)
    announced = true
    terminal.live(`  ${elapsed()} s  ${latest}`)
  }, SHOW_BUILD_AFTER_MS)
  try {
    await buildAddon({
      onOutput(text) {
        output += text
        latest = text.trim().split('\n').at(-1)?.trim() || latest
      },
    })
  } catch (error) {
    terminal.endLive()
    process.stderr.write(output)
    throw new SetupError(`The addon could not be built: ${error.message}; cargo's own words are above.`)
  } finally {
    clearInterval(timer)
    terminal.endLive()
  }
  if (announced) terminal.line(`Built in ${elapsed()} s.`)
}
