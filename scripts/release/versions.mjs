// The version of the package, in each file that has it, and its section of the changelog.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SEMVER = /^\d+\.\d+\.\d+(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/
const UNRELEASED = 'Unreleased'

/** Every place of a version: what it is called, its file, and the expression whose second group is the version. */
const PLACES = [
  { place: 'package.json', file: 'package.json', pattern: /^( {2}"version": ")([^"]*)/m },
  { place: 'package-lock.json', file: 'package-lock.json', pattern: /^( {2}"version": ")([^"]*)/m },
  {
    place: 'package-lock.json, "packages"',
    file: 'package-lock.json',
    pattern: /^( {4}"": \{\n {6}"name": "tradovate-session",\n {6}"version": ")([^"]*)/m,
  },
  {
    place: 'Cargo.toml',
    file: 'Cargo.toml',
    pattern: /^(\[package\]\nname = "tradovate-session"\nversion = ")([^"]*)/m,
  },
  {
    place: 'Cargo.lock',
    file: 'Cargo.lock',
    pattern: /^(\[\[package\]\]\nname = "tradovate-session"\nversion = ")([^"]*)/m,
  },
]

export const isVersion = text => SEMVER.test(text)

/** Whether npm must not give it to those who name no version. */
export const isPrerelease = version => version.includes('-')

/** What each place says, in a checkout; an undefined version where the place is not as expected. */
export function versionsIn(root) {
  return PLACES.map(({ place, file, pattern }) => ({ place, version: read(root, file).match(pattern)?.[2] }))
}

/** Writes a version into each place; throws before it writes anything if one is not as expected. */
export function setVersion(root, version) {
  if (!isVersion(version)) throw new Error(`"${version}" is no version such as 0.2.0 or 0.2.0-rc.1`)
  const texts = new Map()
  for (const { place, file, pattern } of PLACES) {
    const text = texts.get(file) ?? read(root, file)
    if (!pattern.test(text)) throw new Error(`${place} has no version where it should be`)
    texts.set(file, text.replace(pattern, `$1${version}`))
  }
  texts.set('CHANGELOG.md', released(read(root, 'CHANGELOG.md'), version))
  for (const [file, text] of texts) writeFileSync(join(root, file), text)
}

/** The changelog with its unreleased section named after the version and the day. */
function released(changelog, version, day = new Date().toISOString().slice(0, 10)) {
  const sections = sectionsOf(changelog)
  if (sections.some(({ title }) => versionOf(title) === version)) {
    throw new Error(`CHANGELOG.md has a section of ${version} already`)
  }
  const { body } = sections.find(({ title }) => title === UNRELEASED) ?? {}
  if (!body) throw new Error(`CHANGELOG.md has nothing under "## ${UNRELEASED}": say what changes for users`)
  return changelog.replace(`## ${UNRELEASED}\n`, `## ${version} (${day})\n`)
}

/** What the changelog says of a version, as `{ day, notes }`; undefined if it says nothing. */
export function changesOf(root, version) {
  const found = sectionsOf(read(root, 'CHANGELOG.md')).find(({ title }) => versionOf(title) === version)
  if (!found?.body) return undefined
  return { day: found.title.match(/\((\d{4}-\d{2}-\d{2})\)$/)?.[1], notes: found.body }
}

/** Whether the changelog has changes of no version. */
export function hasUnreleased(root) {
  return sectionsOf(read(root, 'CHANGELOG.md')).some(({ title, body }) => title === UNRELEASED && body)
}

const versionOf = title => title.split(' ')[0]

function sectionsOf(changelog) {
  return changelog
    .split(/^## /m)
    .slice(1)
    .map(section => {
      const [title] = section.split('\n', 1)
      return { title, body: section.slice(title.length).trim() }
    })
}

// A checkout on Windows may have its own ends of lines.
const read = (root, file) => readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n')
