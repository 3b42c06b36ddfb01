// What must be so before a release is built.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changesOf, hasUnreleased, isVersion, versionsIn } from './versions.mjs'

/** The addresses that only a maintainer knows, the form of each, and the command that writes it. */
const ADDRESSES = [
  {
    field: 'repository.url',
    form: /^git\+https:\/\/[^/\s]+\/[^/\s]+\/[^/\s]+\.git$/,
    example: 'git+https://HOST/OWNER/NAME.git',
  },
  { field: 'bugs.url', form: /^https:\/\/[^/\s]+\/\S+$/, example: 'https://HOST/OWNER/NAME/issues' },
  { field: 'homepage', form: /^https:\/\/[^/\s]+\/?\S*$/, example: 'https://HOST/OWNER/NAME' },
]

/**
 * Says in one sentence each what speaks against a release of the checkout `root` under this tag; an empty list if nothing does.
 * `builtIn` is the address of the repository that builds it, which must be the one that package.json names: a registry refuses the
 * provenance otherwise.
 */
export function obstacles(root, { tag, builtIn } = {}) {
  return [...ofVersions(root, tag), ...ofChangelog(root), ...ofReadme(root), ...ofAddresses(root, builtIn)]
}

function ofVersions(root, tag) {
  const found = versionsIn(root)
  const [{ version }] = found
  const said = found
    .filter(({ version: other }) => other !== version)
    .map(({ place, version: other }) => `${place} says ${other ?? 'no version'}, and package.json ${version}.`)
  if (!isVersion(version ?? '')) said.push(`package.json says ${version}, which is no version.`)
  if (tag !== undefined && tag !== `v${version}`)
    said.push(`The tag is ${tag}, and the version ${version}: v${version} was expected.`)
  return said
}

function ofChangelog(root) {
  const [{ version }] = versionsIn(root)
  const changes = changesOf(root, version)
  if (!changes) return [`CHANGELOG.md says nothing of ${version}: run npm run release:version -- ${version}.`]
  const said = []
  if (!changes.day) said.push(`CHANGELOG.md gives ${version} no day: its title is "## ${version} (YYYY-MM-DD)".`)
  if (hasUnreleased(root)) said.push('CHANGELOG.md has unreleased changes, which would be released without being told.')
  return said
}

function ofReadme(root) {
  const saysSo = /\bnot\s+on\s+npm\b/.test(readFileSync(join(root, 'README.md'), 'utf8'))
  return saysSo ? ['README.md says that the name is not on npm, which a release ends: remove that sentence.'] : []
}

function ofAddresses(root, builtIn) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const fieldOf = field => field.split('.').reduce((value, key) => value?.[key], manifest)
  const said = ADDRESSES.filter(({ field, form }) => !form.test(fieldOf(field) ?? '')).map(
    ({ field, example }) =>
      `package.json has no "${field}" such as ${example}: a maintainer sets it with npm pkg set '${field}=...'.`,
  )
  const named = fieldOf('repository.url')
  if (said.length === 0 && builtIn !== undefined && named !== `git+${builtIn}.git`) {
    said.push(`package.json names the repository ${named}, and this is built in ${builtIn}.`)
  }
  return said
}
