// The package as its users get it: packed for a release, installed from a registry where no compiler is, required, imported,
// compiled against.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, posix, relative, sep } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import native from '../native.js'
import { addonPath, root } from '../scripts/addon.mjs'
import { linksOf } from '../scripts/docs/markdown.mjs'
import { LIMITS, packedManual, packRelease } from '../scripts/release/pack.mjs'
import { npm, packFolder, userEnvironment } from './packages/npm.mjs'
import { startRegistry } from './packages/registry.mjs'
import { standInRust } from './packages/rust.mjs'
import './own-state.mjs'

const sources = join(root, '__test__', 'consumer')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const isWindows = process.platform === 'win32'
const thisPlatform = native.platforms.find(name => native.addonFile(name) === basename(addonPath))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

let work
let project
let installed
let packed
let registry
let env

function node(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', env })
  assert.equal(status, 0, `${stdout}${stderr}`)
  return stdout.trim()
}

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'consumer-'))
  const addons = join(work, 'addons')
  mkdirSync(addons)
  cpSync(addonPath, join(addons, basename(addonPath)))
  packed = packRelease({ addons, licencesOf: platform => `licences of ${platform}`, to: join(work, 'release') })
  const commander = packFolder(join(root, 'node_modules', 'commander'), work)
  registry = await startRegistry([...packed.map(({ file }) => file), commander])
  env = userEnvironment(join(work, 'home'), registry.url)
  project = join(work, 'project')
  cpSync(sources, project, { recursive: true })
  const { status, stdout, stderr } = await npm(['install', '--no-audit', 'tradovate-session'], { cwd: project, env })
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^added 3 packages/m)
  installed = join(project, 'node_modules', 'tradovate-session')
  mkdirSync(join(project, 'node_modules', '@types'), { recursive: true })
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(project, 'node_modules', '@types', 'node'), 'junction')
})

after(() => {
  registry?.close()
  rmSync(work, { recursive: true, force: true })
})

describe('the main package', () => {
  const main = () => packed.find(({ kind }) => kind === 'main')

  it('holds what is needed to run it, and nothing else', () => {
    const files = [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'docs/Dockerfile',
      'docs/cli.md',
      'docs/endpoints.md',
      'docs/errors.md',
      'docs/getting-started.md',
      'docs/many-bots.md',
      'docs/orders.md',
      'docs/sandbox-trading.md',
      'docs/sandbox.md',
      'docs/security.md',
      'docs/session.md',
      'docs/testing.md',
      'docs/token-service-alerts.yml',
      'docs/token-service-dashboard.json',
      'docs/token-service.md',
      'docs/tracing.md',
      'docs/tradovate-session.service',
      'docs/troubleshooting.md',
      'docs/what-happens-when.md',
      'examples/dependent.py',
      'examples/opentelemetry.ts',
      'index.d.ts',
      'endpoints.d.ts',
      'errors.js',
      'native-failure.js',
      'native.js',
      'package.json',
      'tradovate-session.js',
    ]
    const folders = ['cli', 'input', 'sandbox'].flatMap(filesIn)
    const wanted =
      /^(input\/[\w-]+\.js|sandbox\/(trading\/)?[\w-]+\.(js|d\.ts)|cli\/(commands\/)?[\w-]+\.js|cli\/page\/\w+\.(mjs|html|css|svg))$/
    assert.deepEqual(
      folders.filter(file => !wanted.test(file)),
      [],
    )
    assert.deepEqual([...main().files].sort(), [...files, ...folders].sort())
  })

  it('is small', () => {
    assert.ok(main().size <= LIMITS.main, `${main().size} bytes`)
  })

  const packedText = file => readFileSync(join(installed, file), 'utf8')
  const checkoutText = file =>
    readFileSync(join(root, file), 'utf8').replace(/^<!-- clone -->\n.*?^<!-- \/clone -->\n+/gms, '')

  it('has each file that its manuals and its declarations link to', () => {
    const links = main()
      .files.filter(file => /\.md$|\.d\.ts$/.test(file))
      .flatMap(file => filesLinkedFrom(file, packedText(file)))
    assert.ok(links.includes('docs/cli.md'))
    assert.ok(links.includes('docs/errors.md'))
    assert.deepEqual(
      links.filter(link => !main().files.includes(link)),
      [],
    )
  })

  it('names what its manuals link to in a clone only, and has all their other words', () => {
    const names = main().files.filter(file => file.endsWith('.md'))
    const changed = names.filter(file => packedText(file) !== checkoutText(file))
    assert.ok(changed.includes('README.md'))
    assert.match(packedText('README.md'), /^\| renewal \(`__test__\/session\.test\.mjs`\) \| by itself/m)
    assert.match(packedText('README.md'), /^`docs\/performance\.md` has all figures/m)
    for (const file of names) {
      const lines = checkoutText(file).split('\n')
      assert.equal(packedText(file).split('\n').length, lines.length, file)
    }
  })

  it('leaves out what only a clone has a use for', () => {
    assert.match(readFileSync(join(root, 'README.md'), 'utf8'), /^## Try it from a clone\n/m)
    assert.doesNotMatch(packedText('README.md'), /from a clone\n|npm (start|test)|first\s+column|<!-- \/?clone/)
    assert.match(packedText('README.md'), /^npm install tradovate-session$/m)
  })

  it('links to the repository for what it does not have, once package.json names one', () => {
    const manifest = { repository: { url: 'git+https://example.test/owner/name.git' }, version: '7.8.9' }
    for (const path of main().files.filter(file => file.endsWith('.md'))) {
      const text = packedManual(readFileSync(join(root, path), 'utf8'), { folder: installed, path, manifest })
      const [away, here] = [linksOf(text).filter(isAway), filesLinkedFrom(path, text)]
      assert.deepEqual(
        here.filter(file => !main().files.includes(file)),
        [],
      )
      const start = 'https://example.test/owner/name/blob/v7.8.9/'
      for (const link of away.filter(each => each.startsWith(start))) {
        assert.ok(existsSync(join(root, link.slice(start.length).replace(/#.*/, ''))), link)
      }
      if (path === 'README.md') assert.ok(away.includes(`${start}__test__/session.test.mjs`))
    }
  })

  it('names the packages of the platforms in its own version, and has no script', () => {
    const { dependencies, devDependencies, optionalDependencies, scripts } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    )
    assert.deepEqual(optionalDependencies, { [`@tradovate-session/${thisPlatform}`]: version })
    assert.deepEqual([Object.keys(dependencies), devDependencies, scripts], [['commander'], undefined, undefined])
  })
})

describe('the package of a platform', () => {
  it('has the addon, the licences and a readme, and is selected by system, processor and C library', () => {
    const { files } = packed.find(({ kind }) => kind === 'platform')
    const addon = native.addonFile(thisPlatform)
    assert.deepEqual(
      [...files].sort(),
      ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', 'package.json', addon].sort(),
    )
    const folder = join(project, 'node_modules', '@tradovate-session', thisPlatform)
    const { os, cpu, libc } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const { glibcVersionRuntime } = process.report.getReport().header
    const ownLibc = process.platform === 'linux' ? [glibcVersionRuntime ? 'glibc' : 'musl'] : undefined
    assert.deepEqual([os, cpu, libc], [[process.platform], [process.arch], ownLibc])
    assert.equal(readFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8'), `licences of ${thisPlatform}`)
  })
})

describe('the installed package', () => {
  it('is well-formed in the eyes of publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true })
    assert.deepEqual(
      messages.map(message => formatMessage(message, pkg)),
      [],
    )
  })

  it('is three packages, none of which has a script', () => {
    const lock = readFileSync(join(project, 'node_modules', '.package-lock.json'), 'utf8')
    const names = [`@tradovate-session/${thisPlatform}`, 'commander', 'tradovate-session']
    const { packages } = JSON.parse(lock)
    assert.deepEqual(
      Object.keys(packages),
      names.map(name => `node_modules/${name}`),
    )
    assert.doesNotMatch(lock, /hasInstallScript/)
  })

  it('needs commander for its command only', () => {
    const loaded = node('-p', 'require("tradovate-session"); Object.keys(require.cache).join()')
    assert.match(loaded, /tradovate-session/)
    assert.doesNotMatch(loaded, /commander|native-failure/)
  })

  it('brings its command', () => {
    const bin = join(project, 'node_modules', '.bin', 'tradovate-session')
    const options = { encoding: 'utf8', shell: isWindows, env: { ...env, PATH: dirname(process.execPath) } }
    const { status, stdout, stderr } = spawnSync(bin, ['--version'], options)
    assert.deepEqual([status, stderr, stdout], [0, '', `${version}\n`])
  })

  it('is loaded by require, and prints nothing', () => {
    assert.equal(
      node('-e', 'const { Session } = require("tradovate-session"); console.log(typeof Session.open)'),
      'function',
    )
  })

  it('is loaded by import, by the names of its exports', () => {
    assert.equal(node('imported.mjs'), 'the same objects as by require')
  })

  it("runs the README's first example, and that of a first session against its own sandbox", () => {
    const output = node('documented.mjs', join(root, 'README.md'), join(root, 'docs', 'getting-started.md'))
    assert.equal(output.match(/^SANDBOX\d+ \{\n {2}totalCashValue: 50000,/gm).length, 4)
  })

  for (const moduleResolution of ['node16', 'bundler']) {
    it(`compiles under strict with moduleResolution ${moduleResolution}`, () => {
      node(tsc, '-p', `tsconfig.${moduleResolution}.json`)
    })
  }
})

describe('the command that builds from source', { skip: isWindows && 'the stand-ins are shell scripts' }, () => {
  const built = () => join(installed, basename(addonPath))
  let sources

  before(async () => {
    sources = join(work, 'sources')
    mkdirSync(sources)
    const { status, stderr } = await npm(['install', '--no-audit', '@tradovate-session/source'], { cwd: sources, env })
    assert.deepEqual([status, stderr], [0, ''])
  })

  after(() => rmSync(built(), { force: true }))

  const sourcePackage = () => join(sources, 'node_modules', '@tradovate-session', 'source')

  function build({ args = [installed], cwd = sources, path = join(work, 'nowhere') } = {}) {
    const command = join(sourcePackage(), 'scripts', 'build-installed.mjs')
    return spawnSync(process.execPath, [command, ...args], { cwd, encoding: 'utf8', env: { ...env, PATH: path } })
  }

  it('brings the Rust sources, and is small', () => {
    const { files, size } = packed.find(({ kind }) => kind === 'source')
    const own = ['Cargo.lock', 'Cargo.toml', 'LICENSE', 'README.md', 'build.rs', 'native.js', 'package.json']
    const scripts = ['scripts/addon.mjs', 'scripts/build-installed.mjs']
    const rust = filesIn('src').filter(file => !file.endsWith('_tests.rs'))
    assert.deepEqual([...files].sort(), [...own, ...scripts, ...rust].sort())
    assert.ok(size <= LIMITS.source, `${size} bytes`)
  })

  it('says in one sentence that Rust is missing', () => {
    const { status, stdout, stderr } = build()
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^Rust 1\.\d+ or newer is needed .*\n$/)
  })

  it('says in one sentence that Rust is too old', () => {
    const { status, stderr } = build({ path: rust('1.60.0') })
    assert.equal(status, 1)
    assert.match(stderr, /^Rust 1\.\d+ or newer is needed .* this is Rust 1\.60: run "rustup update stable" .*\n$/)
  })

  it('wants a folder of the package, in the version of the sources', () => {
    assert.match(
      build({ args: [sources] }).stderr,
      /^No tradovate-session is installed at .*sources\. Usage: npx .*\n$/,
    )
    assert.match(build({ args: [] }).stderr, /^No tradovate-session is installed at .*sources\. Usage: npx .*\n$/)
    assert.match(build({ args: ['a', 'b'] }).stderr, /^Usage: npx .*\n$/)
    const other = join(work, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'package.json'), JSON.stringify({ name: 'tradovate-session', version: '0.0.1' }))
    const { status, stderr } = build({ args: [other] })
    assert.equal(status, 1)
    assert.match(stderr, /is tradovate-session 0\.0\.1, and these are the sources of .*: use @0\.0\.1\.\n$/)
  })

  it('takes the place of an addon that is there and cannot be loaded, as the error says, by npx', async () => {
    writeFileSync(built(), 'no addon')
    const failed = spawnSync(process.execPath, ['-p', 'require("tradovate-session")'], {
      cwd: project,
      encoding: 'utf8',
    })
    const [, spec, folder] = failed.stderr.match(/: npx (\S+) "(.+)"\./)
    const path = [rust('1.99.0'), dirname(process.execPath), process.env.PATH].join(delimiter)
    const options = { cwd: work, env: { ...env, PATH: path } }
    const { status, stdout, stderr } = await npm(['exec', '--yes', '--', spec, folder], options)
    assert.deepEqual([status, stdout], [0, `Built ${realpathSync(built())}.\n`], stderr)
    assert.equal(node('-p', 'typeof require("tradovate-session").Session.open'), 'function')
    assert.ok(readFileSync(built()).equals(readFileSync(addonPath)))
  })

  it('finds the package of the present project, and leaves nothing behind', () => {
    rmSync(built(), { force: true })
    const path = [rust('1.99.0'), process.env.PATH].join(delimiter)
    const { status, stderr } = build({ args: [], cwd: project, path })
    assert.equal(status, 0, stderr)
    assert.match(
      readFileSync(join(work, 'cargo-arguments'), 'utf8'),
      /^rustc --lib --crate-type cdylib --locked .*--release/,
    )
    assert.ok(existsSync(built()))
    assert.deepEqual(
      readdirSync(sourcePackage()).filter(name => name.startsWith('target')),
      [],
    )
  })

  it('says so if what it built cannot be loaded', () => {
    const path = [rust('1.99.0', join(root, 'package.json')), process.env.PATH].join(delimiter)
    const { status, stderr } = build({ path })
    assert.equal(status, 1)
    assert.match(stderr, /was built and cannot be loaded: .*ERR_DLOPEN_FAILED/s)
  })

  const rust = (version, library = addonPath) => standInRust(work, { version, library })
})

function filesIn(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

const isAway = target => target.startsWith('https:')

/** The files that a text links to, as they are named in the package. */
function filesLinkedFrom(file, text) {
  const targets = linksOf(text).filter(target => !isAway(target) && !target.startsWith('#'))
  return targets.map(target => posix.join(dirname(file), target.replace(/#.*/, '')))
}
