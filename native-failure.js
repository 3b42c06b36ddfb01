'use strict'

// Says in one sentence why the addon could not be loaded, and what to do. It is loaded only when that has happened.

const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { version } = require('./package.json')

const EXTERNAL = [
  'esbuild --external:tradovate-session or packages: "external"',
  'webpack externals: { "tradovate-session": "commonjs tradovate-session" }',
  'rollup external: ["tradovate-session"]',
  'Vite ssr: { external: ["tradovate-session"] }',
  'Next.js serverExternalPackages: ["tradovate-session"]',
].join(', ')

/** What a session needs of Deno. */
const DENO_FLAGS = '--allow-ffi --allow-read --allow-env'

/** @typedef {import('./native.js').Found} Found */
/** @typedef {NodeJS.ErrnoException | undefined} Cause */

/**
 * Makes the error to throw. Of what native.js found: `cause` is what was thrown, `built` the path of the build beside native.js
 * if there is one, `addonVersion` the version of the platform's package if that is there.
 *
 * @param {Found} found
 */
function failure(found) {
  const { addonVersion, built, folder } = found
  const cause = /** @type {Cause} */ (found.cause)
  if (!cause) return error('ERR_DLOPEN_FAILED', whyOtherVersion(found))
  const isMissing = !built && !addonVersion && cause.code === 'MODULE_NOT_FOUND'
  if (isMissing || !folder) return error('MODULE_NOT_FOUND', whyMissing(found))
  return error(cause.code ?? 'ERR_DLOPEN_FAILED', whyRefused(found), { cause })
}

/**
 * @param {string} code
 * @param {string} what
 * @param {ErrorOptions} [options]
 */
function error(code, what, options) {
  return Object.assign(new Error(`tradovate-session ${what}.`, options), { code })
}

/**
 * There is no addon to load.
 *
 * @param {Found} found
 */
function whyMissing(found) {
  const { folder, name, platforms } = found
  if (!folder || !existsSync(join(folder, 'native-failure.js'))) {
    return `was put into a bundle, where its addon is not: mark it as external (${EXTERNAL}), and install it where the bundle runs`
  }
  if (isCheckout(folder)) return 'is not built in this checkout: run "npm run build"'
  if (!platforms.includes(name)) return `has no addon for ${name}: to build one, ${fromSource(found)}`
  const other = platforms.find(platform => platform !== name && isInstalled(platform, found))
  if (other) {
    return `was installed for ${other}, and this is ${name}: install it again on this system, without a copied node_modules`
  }
  // Next.js sets it in what it has copied.
  if (process.env.__NEXT_PRIVATE_STANDALONE_CONFIG) {
    return 'was copied by Next.js without its addon: add outputFileTracingIncludes: { "/*": ["node_modules/@tradovate-session/**"] } to its configuration'
  }
  return `lacks its addon, the optional dependency @tradovate-session/${name}: install again without --omit=optional (omit=optional in .npmrc, pnpm --no-optional, Yarn 1 --ignore-optional), and with a new lockfile if it was made on another system; or your registry does not have that package`
}

/** @param {Found} found */
function whyOtherVersion({ addonVersion, name }) {
  return `${version} was installed with the addon of ${addonVersion} (@tradovate-session/${name}): install both in the same version`
}

/**
 * There is an addon, and this program may not or cannot load it.
 *
 * @param {Found} found
 */
function whyRefused(found) {
  const { built, name } = found
  const folder = /** @type {string} */ (found.folder)
  const cause = /** @type {Cause} */ (found.cause)
  const text = String(cause?.message)
  if (cause?.code === 'ERR_DLOPEN_DISABLED') {
    return Reflect.get(process, 'permission')
      ? 'needs its addon, which the permission model of Node forbids: start Node with --allow-addons as well'
      : 'needs its addon, which --no-addons forbids: start Node without it'
  }
  if (cause?.name === 'NotCapable') {
    return `needs permissions that Deno was not given: start Deno with ${DENO_FLAGS}, for the sandbox also --allow-net`
  }
  const wanted = text.match(/version [`']GLIBC_([\d.]+)' not found/)?.[1]
  if (wanted) {
    const own = /** @type {any} */ (process.report)?.getReport().header.glibcVersionRuntime
    return `needs at least glibc ${wanted} for its addon, and this system has ${own}: use a newer system, or ${fromSource(found)}`
  }
  if (!built) {
    return `cannot load its addon (@tradovate-session/${name}), which is damaged or not for this system: install it again, or ${fromSource(found)}`
  }
  const again = isCheckout(folder) ? 'run "npm run build"' : `remove it, or ${fromSource(found)}`
  return `cannot load ${built}, which was built on another system or is damaged: ${again}`
}

/**
 * The command is the same for all package managers, and changes nothing but the file of the addon.
 *
 * @param {Found} found
 */
function fromSource({ folder }) {
  return `install Rust (rustup.rs) and run: npx @tradovate-session/source@${version} "${folder}"`
}

/** @param {string} folder */
const isCheckout = folder => existsSync(join(folder, 'Cargo.toml'))

/**
 * @param {string} platform
 * @param {Found} found
 */
function isInstalled(platform, { load }) {
  try {
    return Boolean(load.resolve(`@tradovate-session/${platform}/package.json`))
  } catch {
    return false
  }
}

module.exports = { failure }
