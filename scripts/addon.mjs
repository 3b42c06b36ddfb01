// Builds the addon with cargo and puts it where native.js looks for it.

import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import native from '../native.js'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const addonPath = join(root, native.addonFile())

const MESSAGES = '--message-format=json-render-diagnostics'

/** Why the addon cannot be built here, as one plain sentence; undefined if it can. */
export function missingToolchain() {
  const oldest = readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/^rust-version = "(.+)"/m)?.[1] ?? '1.89'
  const found = ['cargo', 'rustc'].map(tool => spawnSync(tool, ['--version'], { cwd: root, encoding: 'utf8' }))
  if (found.some(run => run.error || run.status !== 0)) {
    return `Rust ${oldest} or newer is needed to build tradovate-session, and no working cargo and rustc were found: install them from rustup.rs, open a new terminal and run this command again.`
  }
  const version = found[1].stdout.match(/\d+\.\d+/)?.[0] ?? '0.0'
  if (isOlder(version, oldest)) {
    return `Rust ${oldest} or newer is needed to build tradovate-session, and this is Rust ${version}: run "rustup update stable" and this command again.`
  }
  return undefined
}

function isOlder(version, oldest) {
  const [major, minor] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldest.split('.').map(Number)
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

/**
 * Runs cargo, which decides what is to be done, and copies its library over the addon, or over `to`. `onOutput` receives what cargo
 * writes while it works. `command` runs `cargo rustc`, perhaps by another program or with arguments; `env` is what cargo finds in its
 * environment besides, and `folder` is the checkout that it builds.
 */
export async function buildAddon({ to = addonPath, ...options } = {}) {
  const library = await cargoBuild(options)
  putInPlace(to, temporary => copyFileSync(library, temporary))
}

/** Makes a file and moves it there in one step: who has the old one keeps it, and who looks meanwhile finds a whole one. */
export function putInPlace(to, make) {
  const temporary = `${to}.${process.pid}`
  try {
    make(temporary)
    renameSync(temporary, to)
  } finally {
    rmSync(temporary, { force: true })
  }
}

function cargoBuild({
  command = ['cargo', 'rustc'],
  env = {},
  folder = root,
  onOutput = text => process.stderr.write(text),
  release = false,
  targetDir,
}) {
  // With the crate as a Rust library besides, cargo would not optimize the addon as a whole, whatever the profile says of that.
  const [program, ...args] = [...command, '--lib', '--crate-type', 'cdylib', '--locked', MESSAGES]
  if (release) args.push('--release')
  if (targetDir) args.push('--target-dir', targetDir)
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }
    const cargo = spawn(program, args, options)
    let messages = ''
    cargo.stdout.setEncoding('utf8').on('data', text => {
      messages += text
    })
    cargo.stderr.setEncoding('utf8').on('data', onOutput)
    cargo.on('error', reject)
    cargo.on('close', status => {
      const library = status === 0 && builtLibrary(messages)
      if (library) resolve(library)
      else reject(new Error(`cargo failed (exit code ${status})`))
    })
  })
}

function builtLibrary(messages) {
  return messages
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
    .filter(message => message.reason === 'compiler-artifact' && message.target.kind.includes('cdylib'))
    .flatMap(message => message.filenames)
    .findLast(file => /\.(so|dylib|dll)$/.test(file))
}
