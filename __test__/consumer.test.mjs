// The package as its users get it: packed, installed in an empty project, required, imported, compiled against.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { addonPath } from '../scripts/addon.mjs'
import './own-state.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sources = join(root, '__test__', 'consumer')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const isWindows = process.platform === 'win32'

let project
let installed
let packed

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: project, encoding: 'utf8', ...options })
}

function npm(args, options) {
  const { status, stdout, stderr } = run('npm', args, { shell: isWindows, ...options })
  assert.equal(status, 0, stderr)
  return stdout
}

function pack(folder) {
  const [tarball] = JSON.parse(
    npm(['pack', '--ignore-scripts', '--json', '--pack-destination', project], { cwd: folder }),
  )
  return tarball
}

function node(...args) {
  const { status, stdout, stderr } = run(process.execPath, args)
  assert.equal(status, 0, `${stdout}${stderr}`)
  return stdout.trim()
}

before(() => {
  project = mkdtempSync(join(tmpdir(), 'consumer-'))
  cpSync(sources, project, { recursive: true })
  packed = pack(root)
  // Its dependency comes from this checkout too: a registry is not asked, and npm's cache may not have it.
  const commander = pack(join(root, 'node_modules', 'commander'))
  const tarballs = [packed, commander].map(({ filename }) => join(project, filename))
  npm(['install', '--offline', '--no-audit', '--no-fund', ...tarballs])
  installed = join(project, 'node_modules', 'tradovate-session')
  mkdirSync(join(project, 'node_modules', '@types'), { recursive: true })
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(project, 'node_modules', '@types', 'node'), 'junction')
})

after(() => rmSync(project, { recursive: true, force: true }))

describe('the installed package', () => {
  it('holds what is needed to run it and to build it, and nothing else', () => {
    const files = packed.files.map(file => file.path)
    const needed = [
      'tradovate-session.js',
      'index.js',
      'index.d.ts',
      'endpoints.d.ts',
      'native.js',
      'sandbox/index.js',
      'sandbox/index.d.ts',
      'cli/main.js',
      'src/lib.rs',
      'build.rs',
    ]
    for (const file of [...needed, 'Cargo.toml', 'Cargo.lock', 'scripts/install.mjs', 'README.md', 'LICENSE']) {
      assert.ok(files.includes(file), `${file} is missing`)
    }
    const wanted =
      /^(tradovate-session\.js|index\.(js|d\.ts)|endpoints\.d\.ts|native\.js|(lib|sandbox|cli)\/.+\.(c?js|d\.ts)|cli\/page\/.+\.(html|css|svg)|src\/.+\.(rs|lua)|build\.rs|Cargo\.(toml|lock)|[^/]+\.node|scripts\/(addon-file\.cjs|addon\.mjs|facade\.mjs|install\.mjs)|docs\/([\w-]+\.(md|yml|json|service)|Dockerfile)|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/
    assert.deepEqual(
      files.filter(file => !wanted.test(file)),
      [],
    )
  })

  it('depends on nothing but what its command reads arguments with, and needs that for nothing else', () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    assert.deepEqual(Object.keys(dependencies), ['commander'])
    const loaded = node('-p', 'require("tradovate-session"); Object.keys(require.cache).join()')
    assert.doesNotMatch(loaded, /commander/)
  })

  it('brings its command', () => {
    const bin = join(project, 'node_modules', '.bin', 'tradovate-session')
    const { status, stdout, stderr } = run(bin, ['--version'], { shell: isWindows })
    assert.deepEqual([status, stderr, stdout], [0, '', `${packed.version}\n`])
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

  it('works against its own sandbox', () => {
    assert.match(node('session.cjs'), /^\d+ accounts$/)
  })

  for (const moduleResolution of ['node16', 'bundler']) {
    it(`compiles under strict with moduleResolution ${moduleResolution}`, () => {
      node(tsc, '-p', `tsconfig.${moduleResolution}.json`)
    })
  }
})

describe('the installation without an addon for this platform', {
  skip: isWindows && 'the stand-ins are shell scripts',
}, () => {
  const addon = () => join(installed, basename(addonPath))
  let stash

  before(() => {
    stash = readFileSync(addon())
    rmSync(addon())
  })

  after(() => writeFileSync(addon(), stash))

  function install(path) {
    return run(process.execPath, [join(installed, 'scripts', 'install.mjs')], { cwd: installed, env: { PATH: path } })
  }

  it('says in one sentence that Rust is missing', () => {
    const { status, stdout, stderr } = install(join(project, 'nowhere'))
    assert.equal(status, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /^Rust 1\.\d+ or newer is needed .*\n$/)
  })

  it('says in one sentence that Rust is too old', () => {
    const { status, stderr } = install(standInRust('1.60.0'))
    assert.equal(status, 1)
    assert.match(stderr, /^Rust 1\.\d+ or newer is needed .* this is Rust 1\.60: run "rustup update stable" .*\n$/)
  })

  it('builds the release addon with cargo and leaves nothing else behind', () => {
    const { status, stderr } = install(`${standInRust('1.99.0')}${delimiter}${process.env.PATH}`)
    assert.equal(status, 0, stderr)
    assert.match(readFileSync(addon(), 'utf8'), /^build --lib --locked .*--release/)
    assert.ok(!existsSync(join(installed, 'target')))
  })

  /** A folder with a cargo and a rustc that only say their version, and "build" a library that holds their arguments. */
  function standInRust(version) {
    const folder = mkdtempSync(join(project, 'rust-'))
    const library = join(installed, 'target', 'release', 'libtradovate_session.so')
    const artifact = { reason: 'compiler-artifact', target: { kind: ['cdylib', 'rlib'] }, filenames: [library] }
    const build = `mkdir -p '${dirname(library)}'; printf '%s' "$*" > '${library}'; echo '${JSON.stringify(artifact)}'`
    for (const tool of ['cargo', 'rustc']) {
      const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo '${tool} ${version} (0000000 2026-01-01)'; exit; fi\n${build}\n`
      writeFileSync(join(folder, tool), script)
      chmodSync(join(folder, tool), 0o755)
    }
    return folder
  }
})
