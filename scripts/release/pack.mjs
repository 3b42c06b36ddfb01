// Packs what a release publishes: the main package, the sources, and a package for each platform whose addon is there.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, extname, join, posix, resolve } from 'node:path'
import native from '../../native.js'
import { root } from '../addon.mjs'
import { forPackage } from '../docs/markdown.mjs'
import { mainPackage, platformPackage, sourcePackage } from './packages.mjs'

/** The most that a tarball may have, in bytes: what every installation fetches. */
export const LIMITS = { main: 200_000, platform: 3_500_000, source: 250_000 }

/**
 * Writes the tarballs into the folder `to`. `addons` is a folder of addons, named as native.js names them; with `all`, there must be
 * one for each platform. `licencesOf` gives the text of the licences in a platform's. Gives for each tarball its kind, name, file, size in bytes and list of files.
 */
export function packRelease({ addons, all = false, licencesOf, to }) {
  const platforms = platformsIn(addons)
  const absent = native.platforms.filter(platform => !platforms.includes(platform))
  if (all && absent.length > 0) throw new Error(`${addons} has no addon for ${absent.join(', ')}`)
  const packages = [
    { kind: 'main', ...mainPackage(platforms) },
    { kind: 'source', ...sourcePackage() },
    ...platforms.map(platform => {
      const addon = join(addons, native.addonFile(platform))
      return { kind: 'platform', ...platformPackage(platform, addon, licencesOf(platform)) }
    }),
  ]
  const stage = mkdtempSync(join(tmpdir(), 'release-'))
  try {
    const folders = packages.map((contents, i) => stagePackage(join(stage, String(i)), contents))
    mkdirSync(to, { recursive: true })
    const tarballs = npmPack(folders, resolve(to))
    return packages.map(({ kind, manifest }) => {
      const { filename, files, size } = tarballs.find(({ name }) => name === manifest.name)
      return { kind, name: manifest.name, file: join(to, filename), size, files: files.map(({ path }) => path) }
    })
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

function platformsIn(folder) {
  const files = readdirSync(folder).filter(file => file.endsWith('.node'))
  if (files.length === 0) throw new Error(`${folder} has no addon: no file ends with .node`)
  return files.sort().map(file => {
    const platform = native.platforms.find(name => native.addonFile(name) === file)
    if (!platform) throw new Error(`${join(folder, file)} is of no platform that native.js names`)
    return platform
  })
}

function stagePackage(folder, { manifest, copied, added = {} }) {
  mkdirSync(folder, { recursive: true })
  for (const path of copied) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
  const files = { ...added, 'package.json': `${JSON.stringify(manifest, null, 2)}\n` }
  for (const [path, contents] of Object.entries(files)) writeFileSync(join(folder, path), contents)
  for (const path of copied) {
    if (extname(path) !== '.md') continue
    const text = readFileSync(join(folder, path), 'utf8')
    writeFileSync(join(folder, path), packedManual(text, { folder, path, manifest }))
  }
  return folder
}

/**
 * A manual links to tests and pages that only a clone has. In the package in `folder`, where it is the file `path`, it links to those of
 * this version in the repository that `manifest` names, or names them where there is none.
 */
export function packedManual(text, { folder, path, manifest: { repository, version } }) {
  const [, web] = repository?.url?.match(/^git\+(https:.*)\.git$/) ?? []
  return forPackage(text, {
    isThere: target => existsSync(join(folder, dirname(path), target)),
    addressOf: target => web && `${web}/blob/v${version}/${posix.join(dirname(path), target)}`,
  })
}

function npmPack(folders, to) {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', to, ...folders]
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`)
  return JSON.parse(stdout)
}
