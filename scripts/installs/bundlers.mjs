// A program that uses the package, put through each bundler and run where the package is not: the loader must say what to do. With
// the setting that it names, the same program must work.

import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import native from '../../native.js'
import { addonPath } from '../addon.mjs'
import { run } from './tools.mjs'

const PROGRAM = `import { Session } from 'tradovate-session'\nconsole.log('loaded', typeof Session.open)\n`
const LOADED = /^loaded function/m
const BUNDLED = /Error: tradovate-session was put into a bundle, where its addon is not: mark it as external/

/** Runs a bundler where the package is installed; gives the folder. */
async function built(name, { config = {}, command: [program, ...args] }, context) {
  await context.tools.addPackage(context)
  const folder = join(context.tools.folder, name)
  mkdirSync(folder)
  for (const [file, text] of Object.entries({ 'main.mjs': PROGRAM, ...config })) writeFileSync(join(folder, file), text)
  await run(program, args, { cwd: folder, env: context.env })
  return folder
}

/** A bundler whose result runs where the package is, by what `command` says. */
function single(name, { tool, program, ...build }) {
  return {
    name,
    tool,
    async run(context) {
      const folder = await built(name.replace(/\W+/g, '-'), build, context)
      const [command, ...args] = program
      return { expected: LOADED, result: await run(command, args, { cwd: folder, env: context.env, mayFail: true }) }
    },
  }
}

/** A bundler, its configuration, with and without the package as external, and the file that it writes. */
function pair(name, { also = [], build, output }) {
  const trial = isExternal => ({
    name: `${name}${isExternal ? ', external' : ''}`,
    tool: name,
    also,
    async run(context) {
      const folder = await built(`${name.replace(/\W+/g, '-')}-${isExternal}`, build(isExternal), context)
      if (isExternal) {
        const result = await run('node', [output], { cwd: folder, env: context.env, mayFail: true })
        return { expected: LOADED, result }
      }
      const elsewhere = join(context.work, `bundle-${name.replace(/\W+/g, '-')}`)
      cpSync(join(folder, 'dist'), join(elsewhere, 'dist'), { recursive: true })
      const result = await run('node', [join(elsewhere, output)], { cwd: elsewhere, env: context.env, mayFail: true })
      return { expected: BUNDLED, result }
    },
  })
  return [trial(false), trial(true)]
}

/** Next.js loads a route while it builds, and copies what it needs into a folder of its own. */
function next(bundler) {
  const trial = isExternal => ({
    name: `next, by ${bundler}${isExternal ? ', external' : ''}`,
    tool: 'next',
    also: ['react', 'react-dom'],
    async run(context) {
      await context.tools.addPackage(context)
      const folder = join(context.tools.folder, `next-${bundler}-${isExternal}`)
      mkdirSync(join(folder, 'app', 'check'), { recursive: true })
      const route = `${PROGRAM}export const dynamic = 'force-dynamic'\nexport const GET = () => new Response('')\n`
      writeFileSync(join(folder, 'app', 'check', 'route.js'), route)
      const included =
        bundler === 'turbopack' ? `outputFileTracingIncludes: { '/*': ['../node_modules/@${name}/**'] },` : ''
      const external = isExternal ? `serverExternalPackages: ['${name}'], ${included}` : ''
      writeFileSync(
        join(folder, 'next.config.mjs'),
        `export default { output: 'standalone', outputFileTracingRoot: '${context.tools.folder}', ${external}
          turbopack: { root: '${context.tools.folder}' } }`,
      )
      const env = { ...context.env, NEXT_TELEMETRY_DISABLED: '1' }
      const result = await run('next', ['build', `--${bundler}`], { cwd: folder, env, mayFail: true })
      const copied = join(
        folder,
        '.next',
        'standalone',
        'node_modules',
        '@tradovate-session',
        platform,
        basename(addonPath),
      )
      if (isExternal && !existsSync(copied)) throw new Error(`${copied} was not copied: ${result}`)
      return { expected: isExternal ? LOADED : BUNDLED, result }
    },
  })
  // In the folder that Webpack builds in, the package is found even from a bundle.
  return bundler === 'webpack' ? [trial(true)] : [trial(false), trial(true)]
}

const name = 'tradovate-session'
const platform = native.platforms.find(known => native.addonFile(known) === basename(addonPath))

export const bundlers = [
  ...pair('esbuild', {
    output: 'dist/main.cjs',
    build: isExternal => ({
      command: [
        ...['esbuild', 'main.mjs', '--bundle', '--platform=node', '--outfile=dist/main.cjs'],
        ...(isExternal ? [`--external:${name}`] : []),
      ],
    }),
  }),
  ...pair('webpack', {
    also: ['webpack-cli'],
    output: 'dist/main.cjs',
    build: isExternal => ({
      config: {
        'webpack.config.cjs': `module.exports = { mode: 'production', target: 'node', entry: './main.mjs',
          output: { path: __dirname + '/dist', filename: 'main.cjs' },
          externals: ${isExternal ? `{ '${name}': 'commonjs ${name}' }` : '{}'} }`,
      },
      command: ['webpack'],
    }),
  }),
  ...pair('@rspack/core', {
    also: ['@rspack/cli'],
    output: 'dist/main.cjs',
    build: isExternal => ({
      config: {
        'rspack.config.cjs': `module.exports = { mode: 'production', target: 'node', entry: './main.mjs',
          output: { path: __dirname + '/dist', filename: 'main.cjs' },
          externals: ${isExternal ? `{ '${name}': 'commonjs ${name}' }` : '{}'} }`,
      },
      command: ['rspack', 'build', '--config', 'rspack.config.cjs'],
    }),
  }),
  ...pair('@vercel/ncc', {
    output: 'dist/index.mjs',
    build: isExternal => ({
      command: ['ncc', 'build', 'main.mjs', '--out', 'dist', ...(isExternal ? ['--external', name] : [])],
    }),
  }),
  ...pair('rolldown', {
    output: 'dist/main.mjs',
    build: isExternal => ({
      command: [
        ...['rolldown', 'main.mjs', '--platform', 'node', '--file', 'dist/main.mjs'],
        ...(isExternal ? ['--external', name] : []),
      ],
    }),
  }),
  single('bun, executable', {
    tool: 'bun',
    command: ['bun', 'build', 'main.mjs', '--compile', '--external', name, '--outfile', 'dist/main'],
    program: ['dist/main'],
  }),
  ...pair('rollup', {
    also: ['@rollup/plugin-commonjs', '@rollup/plugin-node-resolve', '@rollup/plugin-json'],
    output: 'dist/main.mjs',
    build: isExternal => ({
      config: {
        'rollup.config.mjs': `import commonjs from '@rollup/plugin-commonjs'
          import json from '@rollup/plugin-json'
          import resolve from '@rollup/plugin-node-resolve'
          export default { input: 'main.mjs', output: { file: 'dist/main.mjs', format: 'es' },
            plugins: [resolve({ preferBuiltins: true }), commonjs(), json()], external: ${isExternal ? `['${name}']` : '[]'} }`,
      },
      command: ['rollup', '--config', 'rollup.config.mjs'],
    }),
  }),
  ...pair('vite', {
    output: 'dist/main.mjs',
    build: isExternal => ({
      config: {
        'vite.config.mjs': `export default { build: { ssr: 'main.mjs', rollupOptions: { output: { entryFileNames: 'main.mjs' } } },
          ssr: { noExternal: true, external: ${isExternal ? `['${name}']` : '[]'} } }`,
      },
      command: ['vite', 'build'],
    }),
  }),
  single('vite, by default', {
    tool: 'vite',
    command: ['vite', 'build', '--ssr', 'main.mjs'],
    program: ['node', 'dist/main.mjs'],
  }),
  ...next('turbopack'),
  ...next('webpack'),
]
