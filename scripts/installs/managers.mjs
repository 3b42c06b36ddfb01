// The installation with each package manager, and the first examples of the manuals by what that installed.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../addon.mjs'
import { run } from './tools.mjs'

const WORKS = /^SANDBOX\d+ \{/m
const LACKS = /lacks its addon, the optional dependency @tradovate-session\//

const [README, START] = [join(root, 'README.md'), join(root, 'docs', 'getting-started.md')]

/** What the manual says that Deno must be given. */
const DENO_FLAGS = readFileSync(START, 'utf8')
  .match(/^\| Deno \|.*$/m)[0]
  .match(/--allow-[\w=-]+/g)
// The trial writes the examples beside itself.
const denoRun = flags => ['deno', 'run', '--no-prompt', '--allow-write=.', ...flags]

/** A way to add the package, and to run a program that uses it. */
function way(name, { tool = name, add, program = ['node'], expected = WORKS, yarnrc = '' }) {
  return {
    name,
    tool,
    async run({ env, registry, tarballs, tools, work }) {
      const cwd = join(work, name.replace(/\W+/g, '-'))
      mkdirSync(cwd)
      writeFileSync(join(cwd, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
      writeFileSync(join(cwd, '.npmrc'), `registry=${registry.url}/\n`)
      if (yarnrc) writeFileSync(join(cwd, '.yarnrc.yml'), `npmRegistryServer: "${registry.url}"\n${yarnrc}`)
      cpSync(join(root, '__test__', 'consumer', 'documented.mjs'), join(cwd, 'documented.mjs'))
      const environment = { ...env, ...OWN_VARIABLES(registry.url, join(work, 'home')) }
      const where = { cwd, env: environment }
      const [adder, ...addArgs] = typeof add === 'function' ? add({ tarballs, tools }) : add
      await run(adder, addArgs, where)
      const [runner, ...runArgs] = typeof program === 'function' ? program({ tools }) : program
      const result = await run(runner, [...runArgs, 'documented.mjs', README, START], { ...where, mayFail: true })
      return { expected, result }
    },
  }
}

/** Where Bun, Deno and Yarn find the registry, and keep what they fetch. */
const OWN_VARIABLES = (registry, home) => ({
  BUN_CONFIG_REGISTRY: registry,
  BUN_INSTALL_CACHE_DIR: join(home, 'bun'),
  DENO_DIR: join(home, 'deno'),
  DENO_NO_UPDATE_CHECK: '1',
  NPM_CONFIG_REGISTRY: registry,
  YARN_CACHE_FOLDER: join(home, 'yarn'),
})

// Both have a program named yarn.
const scriptOf = ({ tools }, name) => join(tools.folder, 'node_modules', name, 'bin', 'yarn.js')
const classic =
  (...options) =>
  context => ['node', scriptOf(context, 'yarn'), 'add', ...options, 'tradovate-session']

const berry = {
  tool: '@yarnpkg/cli-dist',
  add: context => ['node', scriptOf(context, '@yarnpkg/cli-dist'), 'add', 'tradovate-session'],
}
const BERRY =
  'unsafeHttpWhitelist: ["127.0.0.1"]\nenableTelemetry: false\nenableGlobalCache: false\nnpmMinimalAgeGate: 0\n'

const installable = tarballs => tarballs.filter(({ kind }) => kind !== 'source').map(({ file }) => file)

export const managers = [
  way('npm', { add: ['npm', 'install', 'tradovate-session'] }),
  way('npm with --omit=optional', {
    tool: 'npm',
    add: ['npm', 'install', '--omit=optional', 'tradovate-session'],
    expected: LACKS,
  }),
  way('npm from the tarballs', { tool: 'npm', add: ({ tarballs }) => ['npm', 'install', ...installable(tarballs)] }),
  way('pnpm', { add: ['pnpm', 'add', 'tradovate-session'] }),
  way('pnpm with --no-optional', {
    tool: 'pnpm',
    add: ['pnpm', 'add', '--no-optional', 'tradovate-session'],
    expected: LACKS,
  }),
  way('yarn', { add: classic() }),
  way('yarn with --ignore-optional', { tool: 'yarn', add: classic('--ignore-optional'), expected: LACKS }),
  way("Yarn Plug'n'Play", {
    ...berry,
    program: context => ['node', scriptOf(context, '@yarnpkg/cli-dist'), 'node'],
    yarnrc: `${BERRY}nodeLinker: pnp\n`,
  }),
  way('Yarn with node_modules', { ...berry, yarnrc: `${BERRY}nodeLinker: node-modules\n` }),
  way('bun', { add: ['bun', 'add', 'tradovate-session'], program: ['bun'] }),
  way('deno', { add: ['deno', 'add', 'npm:tradovate-session'], program: denoRun(DENO_FLAGS) }),
  way('deno without --allow-ffi', {
    tool: 'deno',
    add: ['deno', 'add', 'npm:tradovate-session'],
    program: denoRun(DENO_FLAGS.filter(flag => flag !== '--allow-ffi')),
    expected: /start Deno with --allow-ffi --allow-read --allow-env/,
  }),
]
