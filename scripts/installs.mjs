// npm run installs: packs a release of the addon that is built here, and installs it from a registry on loopback with each package
// manager, puts it through each bundler, runs the documented tests with each test runner, and has its types checked. These tools come
// from the npm registry, into a folder that is removed at the end. "-- --only NAME" runs one of them.

import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'
import { packFolder, userEnvironment } from '../__test__/packages/npm.mjs'
import { startRegistry } from '../__test__/packages/registry.mjs'
import { addonPath, root } from './addon.mjs'
import { bundleFacade } from './bundle.mjs'
import { bundlers } from './installs/bundlers.mjs'
import { managers } from './installs/managers.mjs'
import { runners } from './installs/runners.mjs'
import { Tools } from './installs/tools.mjs'
import { types } from './installs/types.mjs'
import { packRelease } from './release/pack.mjs'

const work = mkdtempSync(join(tmpdir(), 'installs-'))

function packHere() {
  const addons = join(work, 'addons')
  mkdirSync(addons)
  cpSync(addonPath, join(addons, basename(addonPath)))
  return packRelease({ addons, licencesOf: () => 'not a release\n', to: join(work, 'release') })
}

/** Runs each trial; tells what came of it in one line. Gives how many failed. */
async function runAll(trials, context) {
  let failures = 0
  for (const { name, run, tool } of trials) {
    try {
      const { expected, result } = await run(context)
      const isGood = expected.test(result)
      if (!isGood) failures += 1
      console.log(
        `${isGood ? 'ok    ' : 'FAILED'}  ${name}, ${context.tools.versionOf(tool)}\n        ${told(result, expected)}`,
      )
    } catch (error) {
      failures += 1
      console.log(`FAILED  ${name}: ${error.message}`)
    }
  }
  return failures
}

/** The line that was expected; if it is not there, all that was said. */
const told = (result, expected) =>
  result
    .split('\n')
    .find(line => expected.test(line))
    ?.trim()
    .slice(0, 100) ?? result

async function main() {
  const { only } = parseArgs({ options: { only: { type: 'string' } } }).values
  const trials = [...managers, ...bundlers, ...runners, ...types].filter(({ name }) => !only || name.startsWith(only))
  if (trials.length === 0) throw new Error(`nothing begins with ${only}`)
  await bundleFacade()
  const tarballs = packHere()
  const tools = new Tools(join(work, 'tools'))
  tools.install([...new Set(trials.flatMap(({ tool, also = [] }) => [tool, ...also]))].filter(name => name !== 'npm'))
  const commander = packFolder(join(root, 'node_modules', 'commander'), work)
  const registry = await startRegistry([...tarballs.map(({ file }) => file), commander])
  try {
    const environment = userEnvironment(join(work, 'home'), registry.url)
    const env = { ...environment, PATH: [tools.bin, tools.programs].join(delimiter) }
    process.exitCode = (await runAll(trials, { env, registry, tarballs, tools, work })) > 0 ? 1 : 0
  } finally {
    registry.close()
  }
}

try {
  await main()
} finally {
  rmSync(work, { recursive: true, force: true })
}
