'use strict'

// Finds and loads the addon of this platform. It takes a build beside this file first: somebody made it there, in a checkout or
// from the source package. Else it takes the platform's own package, an optional dependency. It tries nothing else, and
// native-failure.js says why it failed.

const { existsSync, readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { dirname, join } = require('node:path')

// package.json says the same.
const LEAST_NODE = 20

/**
 * The findings of the search for the addon, for native-failure.js. `name` is the platform's, and empty where it is not known.
 *
 * @typedef {{
 *   folder: string | undefined, name: string, platforms: string[], load: NodeJS.Require,
 *   built?: string, addonVersion?: string, cause?: unknown,
 * }} Found
 */

// A bundle of ES modules has neither name, and loads no addon. Bundlers do not follow a function of another name than `require`,
// while tools that copy the files of a program (Next.js, @vercel/nft) do.
const folder = typeof __dirname === 'string' ? __dirname : undefined
const load = createRequire(typeof __filename === 'string' ? __filename : process.execPath)

/**
 * The addons of the packages that a release publishes. Their paths are written in full: for those tools, and for executables of Bun,
 * which find no package whose main file is an addon.
 *
 * @type {Record<string, () => unknown>}
 */
const PACKAGES = {
  'darwin-arm64': () => load('@tradovate-session/darwin-arm64/tradovate-session.darwin-arm64.node'),
  'darwin-x64': () => load('@tradovate-session/darwin-x64/tradovate-session.darwin-x64.node'),
  'linux-arm64-gnu': () => load('@tradovate-session/linux-arm64-gnu/tradovate-session.linux-arm64-gnu.node'),
  'linux-arm64-musl': () => load('@tradovate-session/linux-arm64-musl/tradovate-session.linux-arm64-musl.node'),
  'linux-x64-gnu': () => load('@tradovate-session/linux-x64-gnu/tradovate-session.linux-x64-gnu.node'),
  'linux-x64-musl': () => load('@tradovate-session/linux-x64-musl/tradovate-session.linux-x64-musl.node'),
  'win32-arm64-msvc': () => load('@tradovate-session/win32-arm64-msvc/tradovate-session.win32-arm64-msvc.node'),
  'win32-x64-msvc': () => load('@tradovate-session/win32-x64-msvc/tradovate-session.win32-x64-msvc.node'),
}

/** The names of the platforms that a release has an addon for. */
const platforms = Object.keys(PACKAGES)

function platform() {
  const name = `${process.platform}-${process.arch}`
  if (process.platform === 'linux') return `${name}-${isMusl() ? 'musl' : 'gnu'}`
  if (process.platform === 'win32') return `${name}-msvc`
  return name
}

/** Looks where npm looks when it chooses between both packages. */
function isMusl() {
  try {
    return readFileSync('/usr/bin/ldd', 'utf8').includes('musl')
  } catch {
    // Node's declarations lack parts of the report.
    const report = /** @type {any} */ (process.report)
    if (!report) return false
    report.excludeNetwork = true
    return !report.getReport().header.glibcVersionRuntime
  }
}

/** Gives the name of an addon's file, as @napi-rs/cli does. */
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

/** @returns {any} What types/addon.d.ts declares. */
function loadAddon() {
  if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
    const what = `needs Node.js ${LEAST_NODE} or newer, and this is ${process.versions.node}`
    // npm uses the same code.
    throw Object.assign(new Error(`tradovate-session ${what}`), { code: 'EBADENGINE' })
  }
  /** @type {Found} */
  const found = { folder, name: '', platforms, load }
  try {
    // Deno may refuse what tells the C library.
    const name = platform()
    found.name = name
    // Without a folder this throws, and so tells native-failure.js that this file is in a bundle.
    const built = join(/** @type {string} */ (folder), addonFile(name))
    if (existsSync(built)) {
      found.built = built
      return load(built)
    }
    // Another version of the package may lie there.
    found.addonVersion = versionOf(load.resolve(`@tradovate-session/${name}/${addonFile(name)}`))
    if (found.addonVersion === require('./package.json').version) return PACKAGES[name]()
  } catch (cause) {
    found.cause = cause
  }
  throw require('./native-failure.js').failure(found)
}

module.exports = { addonFile, loadAddon, platforms }
