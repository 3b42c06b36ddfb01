#!/usr/bin/env node
// The command of @tradovate-session/source: builds the addon and puts it into an installed tradovate-session, where it takes
// the place of the one in the platform's package.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import native from '../native.js'
import { buildAddon, missingToolchain, root } from './addon.mjs'

const USAGE = 'Usage: npx @tradovate-session/source@VERSION [the folder of the installed tradovate-session]'

class BuildError extends Error {}

const packageOf = folder => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** The folder of the package to build for; without an argument, the one that the project in the present folder uses. */
function installedPackage(args) {
  if (args.length > 1) throw new BuildError(USAGE)
  const folder = args.length === 1 ? resolve(args[0]) : resolvedPackage()
  if (!folder || !existsSync(join(folder, 'package.json')) || packageOf(folder).name !== 'tradovate-session') {
    throw new BuildError(`No tradovate-session is installed at ${folder ?? process.cwd()}. ${USAGE}`)
  }
  const [wanted, own] = [packageOf(folder).version, packageOf(root).version]
  if (wanted !== own) {
    throw new BuildError(
      `${folder} is tradovate-session ${wanted}, and these are the sources of ${own}: use @${wanted}.`,
    )
  }
  return folder
}

function resolvedPackage() {
  try {
    return dirname(createRequire(join(process.cwd(), 'package.json')).resolve('tradovate-session/package.json'))
  } catch {
    return undefined
  }
}

async function build(folder) {
  const missing = missingToolchain()
  if (missing) throw new BuildError(missing)
  const targetDir = mkdtempSync(join(root, 'target-'))
  const to = join(folder, native.addonFile())
  try {
    await buildAddon({ release: true, targetDir, to })
  } catch (error) {
    throw new BuildError(`The addon could not be built: ${error.message}; cargo's own words are above.`)
  } finally {
    rmSync(targetDir, { recursive: true, force: true })
  }
  const { status, stderr } = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(folder)})`], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new BuildError(`${to} was built and cannot be loaded: ${stderr.trim()}`)
  console.log(`Built ${to}.`)
}

try {
  await build(installedPackage(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
