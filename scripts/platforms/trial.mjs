// Tries an addon on the system that it was built for: the shows of npm start, and the tests of what the addon does.

import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import native from '../../native.js'
import { root } from '../addon.mjs'
import { copyCheckout, testFiles } from '../release/checkout.mjs'
import { cacheFolder } from './cache.mjs'
import { sumUp } from './results.mjs'
import { isRoot, runIn } from './root.mjs'

const SHOW = 'scripts/platforms/show.mjs'
const SHOW_WITHIN_MS = 5 * 60_000
const TESTS_WITHIN_MS = 30 * 60_000
const RESULTS = 'results.jsonl'
/** Tests that cannot pass where there is no other user than root. */
const OF_OTHER_USERS = [
  { test: 'promise 18: a record of another user' },
  { test: 'promise 18: a path of another user' },
  { test: 'promise 23: another user is refused' },
].map(entry => ({ ...entry, why: 'only root has further users in a namespace of its own' }))
/** What says which Node runs, and with which C library. */
const WHO = `const { glibcVersionRuntime: glibc } = process.report.getReport().header
console.log([process.version, process.arch, glibc && 'glibc ' + glibc].filter(Boolean).join(', '))`

/**
 * Tries an addon on a system: `root` is its folder, `node` the Node that the tests run with and `older` another that the show runs with.
 * `tests` are the names of the tests; `known` are those that cannot pass there, as sumUp() takes them, and `without` whole files of which
 * few can, which do not run. `prefix` stands before Node, `env` is in its environment, and `loadedAs` is what Node takes the platform
 * for. `prepare` gives a command that runs first.
 */
export async function tryAddon(platform, addon, system) {
  const { known = [], without = [], node, older, prefix = [], prepare, tests, testTimeoutMs = 120_000 } = system
  const checkout = join(cacheFolder(), `checkout-${platform}`)
  rmSync(checkout, { recursive: true, force: true })
  copyCheckout(checkout)
  cpSync(addon, join(checkout, native.addonFile(system.loadedAs ?? platform)))
  const runCommand = (command, of, timeoutMs) =>
    runIn(system.root, { ...system, checkout, command, modules: join(root, 'node_modules'), node: of, timeoutMs })
  const runNode = (of, args, timeoutMs) => runCommand([...prefix, of.program, ...args], of, timeoutMs)
  const wanted = tests.filter(name => !without.some(({ file }) => file === name))
  const failed = []
  const show = async (of, ...args) => {
    const { output, status } = await runNode(of, [SHOW, ...args], SHOW_WITHIN_MS)
    if (status !== 0)
      failed.push({ name: ['the show', ...args].join(' '), why: output.trim() || `exit code ${status}` })
  }
  if (prepare) await runCommand(prepare(checkout), node, SHOW_WITHIN_MS)
  const who = await runNode(node, ['--eval', WHO], SHOW_WITHIN_MS)
  if (who.status !== 0) throw new Error(`Node did not run for ${platform}: ${who.output}`)
  await show(older)
  await show(node, '--many')
  const { output, status } = await runNode(
    node,
    [
      '--test',
      `--test-timeout=${testTimeoutMs}`,
      '--test-reporter=./scripts/platforms/reporter.mjs',
      `--test-reporter-destination=${RESULTS}`,
      ...testFiles(checkout, wanted),
    ],
    TESTS_WITHIN_MS,
  )
  const results = join(checkout, RESULTS)
  const summed = sumUp(existsSync(results) ? readFileSync(results, 'utf8') : '', [
    ...known,
    ...(isRoot ? [] : OF_OTHER_USERS),
  ])
  failed.push(...summed.failed)
  if (status === undefined)
    failed.push({ name: 'the tests', why: `not done within ${TESTS_WITHIN_MS / 60_000} minutes` })
  else if (status !== 0 && summed.failed.length + summed.leftOut.length === 0)
    failed.push({ name: 'the tests', why: output })
  rmSync(checkout, { recursive: true, force: true })
  const files = without.map(({ file, why }) => ({ name: `${file}.test.mjs: all of it`, why }))
  return {
    ...summed,
    leftOut: [...files, ...summed.leftOut],
    failed,
    ranWith: `${system.name}, Node ${who.output.trim()}`,
  }
}
