// The tests that docs/testing.md shows, with each test runner, in each way that it runs them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../addon.mjs'
import { run } from './tools.mjs'

const RESET = {
  vitest: `import { expect, it, vi } from 'vitest'
it.each([1, 2, 3])('is loaded anew', async () => {
  vi.resetModules()
  const load = () => Promise.all([import('tradovate-session'), import('tradovate-session/sandbox')])
  ${reset('const [{ Session }, { startSandbox }] = await load()')}
})
`,
  jest: `it.each([1, 2, 3])('is loaded anew', async () => {
  jest.resetModules()
  ${reset("const [{ Session }, { startSandbox }] = [require('tradovate-session'), require('tradovate-session/sandbox')]")}
})
`,
}

function reset(load) {
  return `${load}
  globalThis.seen ??= new Set()
  expect(globalThis.seen.has(Session)).toBe(false)
  globalThis.seen.add(Session)
  const sandbox = await startSandbox()
  const session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } })
  expect(await session.getAccounts()).toHaveLength(2)
  await session.close()
  await sandbox.close()`
}

/** What the page has for a runner: the tests with the sandbox, and those with mocks. */
function documentedFor(runner) {
  const page = readFileSync(join(root, 'docs', 'testing.md'), 'utf8')
  const blocks = [...page.matchAll(/(?<=^```js\n).*?(?=^```$)/gms)].map(([block]) => block)
  const own = blocks.filter(block => block.includes("from 'vitest'") === (runner === 'vitest'))
  if (own.length !== 2) throw new Error(`docs/testing.md has ${own.length} tests for ${runner}, and not 2`)
  return own
}

/** The tests of the sandbox stand there twice: two files at a time share a process, where the runner has threads. */
function way(runner, name, { args, config, expected }) {
  return {
    name: `${runner}, ${name}`,
    tool: runner,
    async run(context) {
      await context.tools.addPackage(context)
      const folder = join(context.tools.folder, `${runner}-${name.replace(/\W+/g, '-')}`)
      mkdirSync(folder)
      const [sandbox, mocks] = documentedFor(runner)
      const files = { sandbox, second: sandbox, mocks, reset: RESET[runner] }
      const extension = runner === 'vitest' ? 'mjs' : 'js'
      for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, `${file}.test.${extension}`), text)
      const [configFile, configText] = config
      writeFileSync(join(folder, configFile), configText)
      const env = { ...context.env, NO_COLOR: '1' }
      return { expected, result: await run(runner, args, { cwd: folder, env, mayFail: true }) }
    },
  }
}

const vitest = (name, args, test = {}) =>
  way('vitest', name, {
    args: ['run', '--root', '.', ...args],
    config: ['vitest.config.mjs', `export default { test: ${JSON.stringify(test)} }\n`],
    expected: /^ *Tests +10 passed \(10\)/m,
  })

const jest = (name, args, config = {}) =>
  way('jest', name, {
    args: ['--rootDir', '.', ...args],
    config: ['jest.config.cjs', `module.exports = ${JSON.stringify(config)}\n`],
    // Nothing that kept it from exiting may follow.
    expected: /^Tests: +10 passed, 10 total$(?![\s\S]*(open handle|did not exit))/m,
  })

const inlined = { server: { deps: { inline: ['tradovate-session'] } } }

export const runners = [
  vitest('forks', ['--pool', 'forks'], inlined),
  vitest('threads', ['--pool', 'threads'], inlined),
  vitest('vmThreads', ['--pool', 'vmThreads'], inlined),
  vitest('vmForks', ['--pool', 'vmForks'], inlined),
  jest('processes', []),
  jest('in band', ['--runInBand', '--detectOpenHandles']),
  jest('threads', ['--workerThreads']),
  jest('fake timers everywhere', [], { fakeTimers: { enableGlobally: true } }),
]
