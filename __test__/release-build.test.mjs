// How the addon of a release is built, with stand-ins for cargo, rustc and rustup.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import native from '../native.js'
import { addonPath, root } from '../scripts/addon.mjs'
import { glibcFloor } from '../scripts/glibc-floor.mjs'
import { copySources, GLIBC } from '../scripts/release/build-platform.mjs'
import { RUST } from '../scripts/release/toolchain.mjs'

const WINDOWS = 'win32-x64-msvc'
const own = process.report.getReport().header.glibcVersionRuntime

let work

before(() => {
  work = mkdtempSync(join(tmpdir(), 'release-build-'))
})

after(() => rmSync(work, { recursive: true, force: true }))

describe('npm run release:build', { skip: process.platform === 'win32' && 'the stand-ins are shell scripts' }, () => {
  /**
   * Builds a platform, by a rustc of this version that has the standard library of every target, or of none, and by a cargo that
   * "builds" a copy of `library`.
   */
  function build(platform, { args = [], hasStd = true, library = join(root, 'package.json'), rust = RUST } = {}) {
    const here = mkdtempSync(join(work, 'build-'))
    const [bin, tools, to] = ['bin', 'tools', 'addons'].map(name => join(here, name))
    mkdirSync(join(tools, 'bin'), { recursive: true })
    mkdirSync(bin)
    mkdirSync(to)
    const artifact = { reason: 'compiler-artifact', target: { kind: ['cdylib'] }, filenames: [join(here, 'built.so')] }
    const cargo = `#!/bin/sh
printf '%s' "$*" > '${join(here, 'cargo')}'
env > '${join(here, 'environment')}'
cp '${library}' '${join(here, 'built.so')}'
echo '${JSON.stringify(artifact)}'
`
    const rustc = `#!/bin/sh
if [ "$1" = --version ]; then echo 'rustc ${rust} (0000000 2026-01-01)'; else echo '${hasStd ? bin : join(here, 'none')}'; fi
`
    const scripts = { cargo, rustc, rustup: `#!/bin/sh\nprintf '%s' "$*" > '${join(here, 'rustup')}'\n` }
    for (const [name, script] of Object.entries(scripts)) writeFileSync(join(bin, name), script, { mode: 0o755 })
    cpSync(join(bin, 'cargo'), join(tools, 'bin', 'cargo-zigbuild'))
    chmodSync(join(tools, 'bin', 'cargo-zigbuild'), 0o755)
    const module = pathToFileURL(join(root, 'scripts', 'release', 'build-platform.mjs'))
    const addon = join(to, native.addonFile(platform))
    const options = { install: args.includes('--install'), to: addon, tools }
    const program = `import { buildPlatform } from '${module}'
      await buildPlatform('${platform}', ${JSON.stringify(options)}).catch(error => {
        console.error(error.message)
        process.exitCode = 1
      })`
    const env = { ...process.env, CARGO_HOME: '/somewhere/cargo', PATH: [bin, process.env.PATH].join(delimiter) }
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', env })
    const told = name => (existsSync(join(here, name)) ? readFileSync(join(here, name), 'utf8') : undefined)
    const variables = new Map(
      told('environment')
        ?.split('\n')
        .map(line => line.split(/=(.*)/s, 2)),
    )
    return { ...run, addon, cargo: told('cargo'), rustup: told('rustup'), variables }
  }

  it('builds for the target, with no path of this machine and no C library that Node does not bring', () => {
    const { addon, cargo, rustup, status, stderr, variables } = build(WINDOWS)
    assert.deepEqual([status, stderr, rustup], [0, '', undefined])
    assert.match(
      cargo,
      /^rustc --target x86_64-pc-windows-msvc --lib --crate-type cdylib --locked .*--release --target-dir /,
    )
    const flags = variables.get('CARGO_ENCODED_RUSTFLAGS').split('\x1f')
    const renamed = [`/somewhere/cargo=/cargo`, `${root}=/tradovate-session`, `${join(root, 'target')}=/target`]
    assert.deepEqual(flags, [...renamed.map(name => `--remap-path-prefix=${name}`), '-Ctarget-feature=+crt-static'])
    assert.equal(variables.get('CARGO_INCREMENTAL'), '0')
    assert.ok(existsSync(addon))
  })

  it('has rustup install nothing unless it is told to', () => {
    const wanted = `toolchain install ${RUST} --profile minimal --target x86_64-pc-windows-msvc`
    for (const lack of [{ rust: '1.89.0' }, { hasStd: false }]) {
      const refused = build(WINDOWS, lack)
      assert.deepEqual([refused.status, refused.rustup, refused.cargo], [1, undefined, undefined])
      assert.match(refused.stderr, new RegExp(`is not here: run "rustup ${wanted}"`))
      const installed = build(WINDOWS, { ...lack, args: ['--install'] })
      assert.deepEqual([installed.status, installed.rustup], [0, wanted])
      assert.equal(installed.variables.get('RUSTUP_TOOLCHAIN'), RUST)
    }
  })

  it('links for Linux by Zig, and refuses an addon that needs a newer glibc, or any with musl', {
    skip: (process.platform !== 'linux' || !own) && 'no addon for glibc is here',
  }, () => {
    const floor = glibcFloor(readFileSync(addonPath))
    assert.notEqual(floor, GLIBC, 'a development build is linked with the glibc that is here')
    const gnu = build('linux-arm64-gnu', { library: addonPath })
    assert.match(gnu.cargo, /^rustc --target aarch64-unknown-linux-gnu\.2\.17 --lib /)
    assert.match(gnu.variables.get('CFLAGS'), /-ffile-prefix-map=\/somewhere\/cargo=\/cargo /)
    assert.equal(gnu.status, 1)
    assert.match(gnu.stderr, new RegExp(`needs glibc ${floor}, and at most 2\\.17 was expected`))
    const musl = build('linux-x64-musl', { library: addonPath })
    assert.match(musl.cargo, /^rustc --target x86_64-unknown-linux-musl --lib /)
    assert.ok(musl.variables.get('CARGO_ENCODED_RUSTFLAGS').endsWith('\x1f-Ctarget-feature=-crt-static'))
    assert.match(musl.stderr, new RegExp(`needs glibc ${floor}, and none was expected`))
  })

  it('refuses a platform that there is not', () => {
    const command = [join(root, 'scripts', 'release', 'build.mjs'), 'linux-mips', '--to', join(work, 'none')]
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
    assert.equal(status, 1)
    assert.match(stderr, /^Nothing was built: "linux-mips" is no platform: there are darwin-arm64, /)
  })
})

it('the copy that is built again has all that the sources include', () => {
  const copy = join(work, 'sources')
  copySources(copy)
  for (const file of ['src/lib.rs', 'Cargo.toml', 'Cargo.lock', 'build.rs', 'rust-toolchain.toml']) {
    assert.ok(readFileSync(join(copy, file)).equals(readFileSync(join(root, file))), file)
  }
})

it('what a release is built with is new enough, and known by its hashes', () => {
  const least = readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/^rust-version = "(\d+)\.(\d+)"/m)
  const [major, minor] = RUST.split('.').map(Number)
  assert.ok(major === Number(least[1]) && minor >= Number(least[2]))
  for (const folder of ['release', 'workflows']) {
    const text = readFileSync(join(root, 'scripts', folder, 'requirements.txt'), 'utf8')
    const requirements = text
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter(line => line && !line.startsWith('#'))
    assert.equal(requirements.length, 2)
    for (const line of requirements) assert.match(line, /^[\w-]+==[\d.]+(\s+--hash=sha256:[0-9a-f]{64})+$/)
  }
})
