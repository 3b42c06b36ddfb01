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

/** A bundler, its configuration, with and without the package as external, and the file that it writes. */
function pair(name, { also = [], build, output }) {
  const trial = isExternal => ({
    name: `${name}${isExternal ? ', external' : ''}`,
    tool: name,
    also,
    async run(context) {
      const folder = join(await installed(context), `${name}-${isExternal}`)
      mkdirSync(folder)
      writeFileSync(join(folder, 'main.mjs'), PROGRAM)
      const { config, command } = build(isExternal)
      for (const [file, text] of Object.entries(config)) writeFileSync(join(folder, file), text)
      await run(command[0], command.slice(1), { cwd: folder, env: context.env })
      if (isExternal)
        return {
          expected: LOADED,
          result: await run('node', [output], { cwd: folder, env: context.env, mayFail: true }),
        }
      const elsewhere = join(context.work, `bundle-${name}`)
      cpSync(join(folder, 'dist'), join(elsewhere, 'dist'), { recursive: true })
      const result = await run('node', [join(elsewhere, output)], { cwd: elsewhere, env: context.env, mayFail: true })
      return { expected: BUNDLED, result }
    },
  })
  return [trial(false), trial(true)]
}

/** The package, installed beside the bundlers, where they look for it. */
async function installed({ env, tools, tarballs }) {
  const files = tarballs.filter(({ kind }) => kind !== 'source').map(({ file }) => file)
  await run('npm', ['install', '--no-save', '--prefer-offline', ...files], { cwd: tools.folder, env })
  return tools.folder
}

/** Next.js loads a route while it builds, and copies what it needs into a folder of its own. */
function next(bundler) {
  const trial = isExternal => ({
    name: `next, by ${bundler}${isExternal ? ', external' : ''}`,
    tool: 'next',
    also: ['react', 'react-dom'],
    async run(context) {
      const folder = join(await installed(context), `next-${bundler}-${isExternal}`)
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
      config: {},
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
          ssr: ${isExternal ? `{ external: ['${name}'] }` : '{ noExternal: true }'} }`,
      },
      command: ['vite', 'build'],
    }),
  }),
  ...next('turbopack'),
  ...next('webpack'),
]
