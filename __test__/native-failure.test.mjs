// Why the addon cannot be loaded, and what to do: each cause in a sentence of its own.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { build } from 'esbuild'
import native from '../native.js'
import { addonPath, root } from '../scripts/addon.mjs'
import './own-state.mjs'

const thisPlatform = native.platforms.find(name => native.addonFile(name) === basename(addonPath))
const otherPlatform = native.platforms.find(name => name !== thisPlatform)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

let app
let modules
let folder
let fromSource

/** Installs, in an empty project, the main package, and a package of a platform for each name in `addons`. */
function install({ addons = {}, loose = {} } = {}) {
  rmSync(app, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['tradovate-session.js', 'native.js', 'native-failure.js', 'package.json']) {
    cpSync(join(root, name), join(folder, name))
  }
  for (const [platform, { addon = addonPath, of = version }] of Object.entries(addons)) {
    const to = join(modules, '@tradovate-session', platform)
    mkdirSync(to, { recursive: true })
    const main = native.addonFile(platform)
    writeFileSync(
      join(to, 'package.json'),
      JSON.stringify({ name: `@tradovate-session/${platform}`, version: of, main }),
    )
    cpSync(addon, join(to, main))
  }
  for (const [name, text] of Object.entries(loose)) writeFileSync(join(folder, name), text)
}

/** Runs a program in the project, or loads the package there; gives the error as one line, or "loaded". */
function load({ before = '', nodeArgs = [], file } = {}) {
  const program = join(app, 'program.cjs')
  writeFileSync(
    program,
    `${before}\nimport(process.argv[2] ?? 'tradovate-session').then(() => console.log('loaded'), e => console.log(e.code, e.message))`,
  )
  const args = [...nodeArgs, program, ...(file ? [file] : [])]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: app, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout.trim()
}

before(() => {
  app = join(realpathSync(mkdtempSync(join(tmpdir(), 'native-failure-'))), 'app')
  modules = join(app, 'node_modules')
  folder = join(modules, 'tradovate-session')
  fromSource = `install Rust (rustup.rs) and run: npx @tradovate-session/source@${version} "${folder}"`
})

after(() => rmSync(join(app, '..'), { recursive: true, force: true }))

const here = { [thisPlatform]: {} }
const damaged = join(root, 'package.json')

describe('the loader', () => {
  it('takes the package of the platform', () => {
    install({ addons: here })
    assert.equal(load(), 'loaded')
  })

  it('takes a build beside it before that package, and nothing else if it cannot be loaded', () => {
    install({ addons: { [thisPlatform]: { addon: damaged } } })
    cpSync(addonPath, join(folder, basename(addonPath)))
    assert.equal(load(), 'loaded')
    install({ addons: here, loose: { [basename(addonPath)]: 'no addon' } })
    const file = join(folder, basename(addonPath))
    assert.equal(
      load(),
      `ERR_DLOPEN_FAILED tradovate-session cannot load ${file}, which was built on another system or is damaged: remove it, or ${fromSource}.`,
    )
  })

  it('says how to build in a checkout, where the addon is missing or of another system', () => {
    install({ loose: { 'Cargo.toml': '' } })
    assert.equal(load(), 'MODULE_NOT_FOUND tradovate-session is not built in this checkout: run "npm run build".')
    install({ loose: { 'Cargo.toml': '', [basename(addonPath)]: 'no addon' } })
    assert.match(load(), /^ERR_DLOPEN_FAILED tradovate-session cannot load .* or is damaged: run "npm run build"\.$/)
  })

  const lacking = () =>
    `MODULE_NOT_FOUND tradovate-session lacks its addon, the optional dependency @tradovate-session/${thisPlatform}: install again without --omit=optional (omit=optional in .npmrc, pnpm --no-optional, Yarn 1 --ignore-optional), and with a new lockfile if it was made on another system; or your registry does not have that package.`

  it('names the optional dependency that was left out', () => {
    install()
    assert.equal(load(), lacking())
  })

  it('says the same of one whose addon is gone', () => {
    install({ addons: here })
    rmSync(join(modules, '@tradovate-session', thisPlatform, basename(addonPath)))
    assert.equal(load(), lacking())
  })

  it('says what Next.js must be told, if that has copied the package without the addon', () => {
    install()
    assert.equal(
      load({ before: "process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = '{}'" }),
      'MODULE_NOT_FOUND tradovate-session was copied by Next.js without its addon: add outputFileTracingIncludes: { "/*": ["node_modules/@tradovate-session/**"] } to its configuration.',
    )
  })

  it('says for which system it was installed, if that is another', () => {
    install({ addons: { [otherPlatform]: {} } })
    assert.equal(
      load(),
      `MODULE_NOT_FOUND tradovate-session was installed for ${otherPlatform}, and this is ${thisPlatform}: install it again on this system, without a copied node_modules.`,
    )
  })

  it('names the platform that has no addon, and the command that builds one', () => {
    install({ addons: here })
    const disguise = "Object.defineProperty(process, 'platform', { value: 'freebsd' })"
    assert.equal(
      load({ before: disguise }),
      `MODULE_NOT_FOUND tradovate-session has no addon for freebsd-${process.arch}: to build one, ${fromSource}.`,
    )
  })

  it('names both versions if the addon is of another', () => {
    install({ addons: { [thisPlatform]: { of: '0.0.1' } } })
    assert.equal(
      load(),
      `ERR_DLOPEN_FAILED tradovate-session ${version} was installed with the addon of 0.0.1 (@tradovate-session/${thisPlatform}): install both in the same version.`,
    )
  })

  it('names the package whose addon is damaged, and the command that builds another', () => {
    install({ addons: { [thisPlatform]: { addon: damaged } } })
    assert.equal(
      load(),
      `ERR_DLOPEN_FAILED tradovate-session cannot load its addon (@tradovate-session/${thisPlatform}), which is damaged or not for this system: install it again, or ${fromSource}.`,
    )
  })

  it('names the glibc that is needed, and the one that is there', () => {
    install({ addons: here })
    const text = `/lib/x86_64-linux-gnu/libc.so.6: version \`GLIBC_2.99' not found (required by ${join(modules, 'x.node')})`
    const thrown = `Object.assign(new Error(${JSON.stringify(text)}), { code: 'ERR_DLOPEN_FAILED' })`
    const own = process.report.getReport().header.glibcVersionRuntime
    assert.equal(
      load({ before: `process.dlopen = () => { throw ${thrown} }` }),
      `ERR_DLOPEN_FAILED tradovate-session needs at least glibc 2.99 for its addon, and this system has ${own}: use a newer system, or ${fromSource}.`,
    )
  })

  it("names the flag that Node's permission model wants", () => {
    install({ addons: here })
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
    const nodeArgs = ['--no-warnings', flag, '--allow-fs-read=*']
    assert.equal(
      load({ nodeArgs }),
      'ERR_DLOPEN_DISABLED tradovate-session needs its addon, which the permission model of Node forbids: start Node with --allow-addons as well.',
    )
    assert.equal(load({ nodeArgs: [...nodeArgs, '--allow-addons'] }), 'loaded')
  })

  it('names the flag that forbids all addons', () => {
    install({ addons: here })
    const wanted = 'needs its addon, which --no-addons forbids: start Node without it.'
    assert.equal(load({ nodeArgs: ['--no-addons'] }), `ERR_DLOPEN_DISABLED tradovate-session ${wanted}`)
  })

  describe('under Deno', () => {
    const wanted =
      'ERR_DLOPEN_FAILED tradovate-session needs permissions that Deno was not given: start Deno with --allow-ffi --allow-read --allow-env, for the sandbox also --allow-net.'
    const notCapable = what =>
      `const e = new Error('Requires ${what}, run again with the --allow- flag'); e.name = 'NotCapable'; throw e`

    it('names all flags where it may not load the addon', () => {
      install({ addons: here })
      assert.equal(load({ before: `process.dlopen = () => { ${notCapable('ffi access')} }` }), wanted)
    })

    it('names them where it may not even look which C library there is', { skip: process.platform !== 'linux' }, () => {
      install({ addons: here })
      const blind = `
        const fs = require('node:fs')
        const { readFileSync } = fs
        fs.readFileSync = (path, ...rest) => {
          if (path === '/usr/bin/ldd') { ${notCapable('read access')} }
          return readFileSync(path, ...rest)
        }
        process.report.getReport = () => { ${notCapable('sys access')} }`
      assert.equal(load({ before: blind }), wanted)
    })
  })
})

describe('a bundle', () => {
  const sentence =
    'MODULE_NOT_FOUND tradovate-session was put into a bundle, where its addon is not: mark it as external (esbuild --external:tradovate-session or packages: "external", webpack externals: { "tradovate-session": "commonjs tradovate-session" }, rollup external: ["tradovate-session"], Vite ssr: { external: ["tradovate-session"] }, Next.js serverExternalPackages: ["tradovate-session"]), and install it where the bundle runs.'

  /** What esbuild makes of a program that uses the package, where the package is installed. */
  async function bundled(options = {}) {
    install({ addons: here })
    const { outputFiles } = await build({
      stdin: { contents: "require('tradovate-session')", resolveDir: app },
      bundle: true,
      platform: 'node',
      logLevel: 'silent',
      write: false,
      ...options,
    })
    return outputFiles[0].text
  }

  function runAlone(text, name) {
    const dist = join(app, '..', 'dist')
    mkdirSync(dist, { recursive: true })
    writeFileSync(join(dist, name), text)
    return load({ file: join(dist, name) })
  }

  it('of esbuild is told how the package is left out of it, and works if it is', async () => {
    assert.equal(runAlone(await bundled(), 'main.cjs'), sentence)
    for (const options of [{ external: ['tradovate-session'] }, { packages: 'external' }]) {
      const text = await bundled(options)
      writeFileSync(join(app, 'main.cjs'), text)
      assert.equal(load({ file: join(app, 'main.cjs') }), 'loaded')
    }
  })

  it('of ES modules, as rollup and Vite make them, is told so too', async () => {
    const text = await bundled()
    // In a module of that kind a function require must be made, and there is neither __dirname nor __filename.
    const head = "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n"
    assert.equal(runAlone(`${head}${text}`, 'main.mjs'), sentence)
  })

  it('of Next.js, which makes up the name of the folder, is told so too', async () => {
    const text = await bundled({
      define: {
        __dirname: '"/ROOT/node_modules/tradovate-session"',
        __filename: '"/ROOT/node_modules/tradovate-session/tradovate-session.js"',
      },
    })
    assert.match(text, /"\/ROOT\/node_modules\/tradovate-session"/)
    assert.equal(runAlone(text, 'next.cjs'), sentence)
  })
})
