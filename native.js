'use strict'

// Finds and loads the addon of this platform. A build beside this file wins, as it is there only because somebody made it: in a
// checkout, or from the source package. Else it is the platform's own package, an optional dependency. Nothing else is tried;
// native-failure.js says why it failed.

const { existsSync, readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { dirname, join } = require('node:path')

// As package.json says it.
const LEAST_NODE = 20

/**
 * What was found on the way to the addon, for native-failure.js.
 *
 * @typedef {{
 *   folder: string | undefined, name: string, platforms: string[], load: NodeJS.Require,
 *   built?: string, addonVersion?: string, cause?: unknown,
 * }} Found
 */

// A bundle of ES modules has neither name; nothing is loaded there. Bundlers leave alone what is loaded by a function of another
// name than require, while tools that copy what a program needs (Next.js, @vercel/nft) follow it.
const folder = typeof __dirname === 'string' ? __dirname : undefined
const load = createRequire(typeof __filename === 'string' ? __filename : process.execPath)

/**
 * The packages that a release publishes. Their names are written in full, for those tools.
 *
 * @type {Record<string, () => unknown>}
 */
const PACKAGES = {
  'darwin-arm64': () => load('@tradovate-session/darwin-arm64'),
  'darwin-x64': () => load('@tradovate-session/darwin-x64'),
  'linux-arm64-gnu': () => load('@tradovate-session/linux-arm64-gnu'),
  'linux-arm64-musl': () => load('@tradovate-session/linux-arm64-musl'),
  'linux-x64-gnu': () => load('@tradovate-session/linux-x64-gnu'),
  'linux-x64-musl': () => load('@tradovate-session/linux-x64-musl'),
  'win32-arm64-msvc': () => load('@tradovate-session/win32-arm64-msvc'),
  'win32-x64-msvc': () => load('@tradovate-session/win32-x64-msvc'),
}

/** The names of the platforms that a release has an addon for. */
const platforms = Object.keys(PACKAGES)

function platform() {
  const name = `${process.platform}-${process.arch}`
  if (process.platform === 'linux') return `${name}-${isMusl() ? 'musl' : 'gnu'}`
  if (process.platform === 'win32') return `${name}-msvc`
  return name
}

/** Finds out what npm does when it installs the package of the one or the other. */
function isMusl() {
  try {
    return readFileSync('/usr/bin/ldd', 'utf8').includes('musl')
  } catch {
    // The declarations of Node 20 lack a part of it.
    const report = /** @type {any} */ (process.report)
    if (!report) return false
    report.excludeNetwork = true
    return !report.getReport().header.glibcVersionRuntime
  }
}

/** The name of an addon's file, the same that @napi-rs/cli gives it. */
function addonFile(name = platform()) {
  return `tradovate-session.${name}.node`
}

/**
 * Gives the version of the package whose folder `addon` lies in. Requiring its package.json would take three times as long.
 *
 * @param {string} addon
 */
function versionOf(addon) {
  return JSON.parse(readFileSync(join(dirname(addon), 'package.json'), 'utf8')).version
}

/** @returns {any} What lib/addon.d.ts declares. */
function loadAddon() {
  if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
    const what = `needs Node.js ${LEAST_NODE} or newer, and this is ${process.versions.node}`
    // npm's code for the same.
    throw Object.assign(new Error(`tradovate-session ${what}`), { code: 'EBADENGINE' })
  }
  const name = platform()
  /** @type {Found} */
  const found = { folder, name, platforms, load }
  try {
    // Without a folder this throws, and so tells native-failure.js that this file is in a bundle.
    const built = join(/** @type {string} */ (folder), addonFile(name))
    if (existsSync(built)) {
      found.built = built
      return load(built)
    }
    // Another version of it may have been put where this one is looked for.
    found.addonVersion = versionOf(load.resolve(`@tradovate-session/${name}`))
    if (found.addonVersion === require('./package.json').version) return PACKAGES[name]()
  } catch (cause) {
    found.cause = cause
  }
  throw require('./native-failure.js').failure(found)
}

module.exports = { addonFile, loadAddon, platforms }
