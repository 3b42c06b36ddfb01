// Builds of the addon for other platforms on Debian, by Zig. They are those of a release, except that Debian's Rust builds where the
// installed one has no standard library.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import native from '../../native.js'
import { glibcFloor } from '../glibc-floor.mjs'
import { buildAs, commandFor } from '../release/build-platform.mjs'
import { cached, cacheFolder } from './cache.mjs'
import { BUILD_STD, debianRust } from './rust.mjs'

/** What cargo says at the end of a crate that the compiler warned of. */
const WARNED = /^warning: `tradovate-session` .*generated \d+ warnings?/m

/**
 * Builds as `platform`; gives the addon's file, the seconds that it took, its size, and the glibc that it needs. `rust` is "installed",
 * "debian", or "sources", which builds the standard library too. `env` is more of cargo's environment.
 */
export async function build(platform, options) {
  const folder = join(cacheFolder(), 'addons')
  mkdirSync(folder, { recursive: true })
  const to = join(folder, native.addonFile(platform))
  const { args, settings, log } = prepare(platform, options)
  const seconds = await timed(() => buildAs(platform, { ...settings, args, onOutput: log.write, to }))
  return { addon: to, built: seconds, addonBytes: statSync(to).size, ...floorOf(to), failed: log.warnings() }
}

/** Has the compiler check all for `platform`, without linking anything. */
export async function check(platform, options) {
  const { args, settings, log } = prepare(platform, options)
  const { command, env, folder, targetDir } = commandFor(platform, 'check', settings)
  const [program, ...rest] = [...command, ...args, '--lib', '--locked', '--release', '--target-dir', targetDir]
  const seconds = await timed(async () => {
    const child = spawn(program, rest, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.setEncoding('utf8').on('data', log.write)
    const [status] = await once(child, 'close')
    if (status !== 0) throw new Error(`cargo check failed (exit code ${status})`)
  })
  return { built: seconds, ranWith: 'checked only', failed: log.warnings() }
}

/**
 * Builds for Windows in place of msvc. napi-build wants Node's library to link with, and Rust a part of MinGW that Zig lacks: both can be
 * empty, since the addon looks Node's functions up when it is loaded.
 */
export function buildForWindows(platform, options) {
  const folder = cached('libnode', to => {
    writeFileSync(join(to, 'libnode.dll'), '')
    for (const name of ['libnode.a', 'libssp_nonshared.a']) writeFileSync(join(to, name), '!<arch>\n')
  })
  return build(platform, { ...options, env: { LIBNODE_PATH: folder } })
}

function prepare(platform, { env = {}, rust }) {
  const cache = cacheFolder()
  const settings = {
    byZig: true,
    rust: { ...(rust === 'installed' ? {} : debianRust()), ...zigCaches(cache), ...env },
    targetDir: join(cache, 'target'),
    tools: join(cache, 'zig'),
  }
  return { args: rust === 'sources' ? [BUILD_STD] : [], settings, log: startLog(platform) }
}

const zigCaches = cache => ({
  CARGO_ZIGBUILD_CACHE_DIR: join(cache, 'zig-wrappers'),
  ZIG_GLOBAL_CACHE_DIR: join(cache, 'zig-objects'),
})

/** Keeps what cargo says of a platform's build in a file, and reads the warnings out of it. */
function startLog(platform) {
  const folder = join(cacheFolder(), 'logs')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${platform}.log`)
  writeFileSync(file, '')
  return {
    write: text => writeFileSync(file, text, { flag: 'a' }),
    warnings() {
      const [warned] = readFileSync(file, 'utf8').match(WARNED) ?? []
      return warned ? [{ name: 'the build', why: `${warned}; see ${file}` }] : []
    },
  }
}

function floorOf(file) {
  const bytes = readFileSync(file)
  return bytes.toString('latin1', 0, 4) === '\x7fELF' ? { glibc: glibcFloor(bytes) ?? 'none' } : {}
}

async function timed(work) {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
