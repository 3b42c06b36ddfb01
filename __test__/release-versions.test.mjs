// A release's version and what must be so before it: in a copy of the files that say it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { root } from '../scripts/addon.mjs'
import { obstacles } from '../scripts/release/checks.mjs'
import { isPrerelease, isVersion, setVersion, versionsIn } from '../scripts/release/versions.mjs'

const FILES = ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock', 'CHANGELOG.md']
const NEXT = '7.8.9'
const REPOSITORY = 'https://example.test/owner/name'

let work
let copy

before(() => {
  work = mkdtempSync(join(tmpdir(), 'release-versions-'))
})

after(() => rmSync(work, { recursive: true, force: true }))

beforeEach(() => {
  copy = mkdtempSync(join(work, 'copy-'))
  for (const file of FILES) cpSync(join(root, file), join(copy, file))
  writeFileSync(join(copy, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- One change.\n\n## 0.1.0\n\nThe first.\n')
  writeFileSync(join(copy, 'README.md'), '# A name\n')
})

const read = file => readFileSync(join(copy, file), 'utf8')
const contents = () => FILES.map(read)

function run(script, ...args) {
  const { GITHUB_REPOSITORY, GITHUB_SERVER_URL, ...env } = process.env
  const command = [join(root, 'scripts', 'release', `${script}.mjs`), '--in', copy, ...args]
  return spawnSync(process.execPath, command, { encoding: 'utf8', env: { ...env, ...run.env } })
}

/** Changes a file of the copy; the change must be one. */
function edit(file, from, to) {
  const text = read(file)
  assert.ok(text.includes(from), `${file} has ${from}`)
  writeFileSync(join(copy, file), text.replace(from, to))
}

function fillIn(more = {}) {
  const manifest = JSON.parse(read('package.json'))
  const addresses = {
    repository: { type: 'git', url: `git+${REPOSITORY}.git` },
    bugs: { url: `${REPOSITORY}/issues` },
    homepage: `${REPOSITORY}#readme`,
  }
  writeFileSync(join(copy, 'package.json'), `${JSON.stringify({ ...manifest, ...addresses, ...more }, null, 2)}\n`)
}

describe('npm run release:version', () => {
  it('sets the version wherever it is, and names the unreleased changes after it and the day', () => {
    const before = contents()
    const { status, stderr } = run('version', NEXT)
    assert.deepEqual([status, stderr], [0, ''])
    assert.deepEqual([...new Set(versionsIn(copy).map(({ version }) => version))], [NEXT])
    const lock = JSON.parse(read('package-lock.json'))
    assert.deepEqual(
      [JSON.parse(read('package.json')).version, lock.version, lock.packages[''].version],
      [NEXT, NEXT, NEXT],
    )
    for (const file of ['Cargo.toml', 'Cargo.lock']) {
      assert.equal(read(file).match(/^name = "tradovate-session"\nversion = "(.*)"$/m)[1], NEXT)
    }
    const day = new Date().toISOString().slice(0, 10)
    assert.match(
      read('CHANGELOG.md'),
      new RegExp(`^# Changelog\n\n## ${NEXT} \\(${day}\\)\n\n- One change\\.\n\n## 0\\.1\\.0\n`),
    )
    // Nothing but these lines is another.
    const changed = contents().map((text, i) => {
      const lines = before[i].split('\n')
      return text.split('\n').filter((line, n) => line !== lines[n]).length
    })
    assert.deepEqual(changed, [1, 2, 1, 1, 1])
  })

  it('changes nothing if the version is none, is there already, or has no changes', () => {
    const before = contents()
    for (const [version, said] of [
      ['1.2', /"1\.2" is no version such as 0\.2\.0/],
      ['v0.2.0', /is no version/],
      ['0.1.0', /has a section of 0\.1\.0 already/],
    ]) {
      assert.throws(() => setVersion(copy, version), said)
      assert.deepEqual(contents(), before)
    }
    edit('CHANGELOG.md', '- One change.\n', '')
    assert.throws(() => setVersion(copy, NEXT), /nothing under "## Unreleased"/)
    edit('CHANGELOG.md', '## Unreleased\n', '## Unreleased\n\n- One change.\n')
    const { version } = JSON.parse(read('package.json'))
    edit('Cargo.toml', `version = "${version}"`, 'version.workspace = true')
    const { status, stderr } = run('version', NEXT)
    assert.deepEqual([status, stderr], [1, 'Nothing was changed: Cargo.toml has no version where it should be\n'])
    assert.deepEqual(contents().slice(0, 2), before.slice(0, 2))
    assert.match(run('version').stderr, /Usage: npm run release:version -- VERSION/)
  })
})

describe('npm run release:check', () => {
  beforeEach(() => {
    setVersion(copy, NEXT)
    fillIn()
  })

  it('says what speaks against the release, and fails if anything does', () => {
    const bad = run('check', 'v1.0.0')
    const sentence = `The tag is v1.0.0, and the version ${NEXT}: v${NEXT} was expected.\n`
    assert.deepEqual([bad.status, bad.stdout, bad.stderr], [1, '', sentence])
    run.env = { GITHUB_SERVER_URL: 'https://example.test', GITHUB_REPOSITORY: 'owner/name' }
    const good = run('check', `v${NEXT}`)
    assert.deepEqual([good.status, good.stdout, good.stderr], [0, 'Nothing speaks against the release.\n', ''])
    run.env.GITHUB_REPOSITORY = 'somebody/fork'
    assert.equal(run('check', `v${NEXT}`).status, 1)
    run.env = undefined
  })

  const said = (tag, builtIn) => obstacles(copy, { tag, builtIn }).join('\n')

  it('lets a whole release pass, with its tag and without', () => {
    assert.equal(said(`v${NEXT}`), '')
    assert.equal(said(), '')
  })

  it('refuses a README that says, as before the first release, that the name is not on npm', () => {
    writeFileSync(join(copy, 'README.md'), '# A name\n\nBefore the first release that name is not\non npm.\n')
    const sentence = 'README.md says that the name is not on npm, which a release ends: remove that sentence.'
    assert.equal(said(), sentence)
    writeFileSync(join(copy, 'README.md'), '# A name\n')
    assert.equal(said(), '')
  })

  it('refuses another tag', () => {
    for (const tag of [NEXT, 'v7.8.8', 'v7.8.9-rc.1']) {
      assert.equal(said(tag), `The tag is ${tag}, and the version ${NEXT}: v${NEXT} was expected.`)
    }
  })

  it('refuses each file that has another version', () => {
    for (const { file, from, place } of [
      { file: 'package-lock.json', from: `  "version": "${NEXT}"`, place: 'package-lock.json' },
      { file: 'package-lock.json', from: `      "version": "${NEXT}"`, place: 'package-lock.json, "packages"' },
      { file: 'Cargo.toml', from: `version = "${NEXT}"`, place: 'Cargo.toml' },
      { file: 'Cargo.lock', from: `version = "${NEXT}"`, place: 'Cargo.lock' },
    ]) {
      const text = read(file)
      edit(file, from, from.replace(NEXT, '7.0.0'))
      assert.equal(said(`v${NEXT}`), `${place} says 7.0.0, and package.json ${NEXT}.`)
      writeFileSync(join(copy, file), text)
    }
  })

  it('refuses a changelog that says nothing of the version, no day, or more', () => {
    const changelog = read('CHANGELOG.md')
    edit('CHANGELOG.md', /\(\d{4}-\d{2}-\d{2}\)/.exec(changelog)[0], '(soon)')
    assert.match(said(), /gives 7\.8\.9 no day/)
    edit('CHANGELOG.md', `## ${NEXT} `, '## 7.0.0 ')
    assert.match(said(), /^CHANGELOG\.md says nothing of 7\.8\.9: run npm run release:version/)
    writeFileSync(
      join(copy, 'CHANGELOG.md'),
      changelog.replace('# Changelog\n', '# Changelog\n\n## Unreleased\n\n- More.\n'),
    )
    assert.match(said(), /^CHANGELOG\.md has unreleased changes/)
  })

  it('refuses a package that does not say where it comes from', () => {
    for (const [field, value] of [
      ['repository', undefined],
      ['repository', 'owner/name'],
      ['bugs', {}],
      ['homepage', ''],
    ]) {
      fillIn({ [field]: value })
      assert.match(said(), new RegExp(`^package\\.json has no "${field}.*npm pkg set '${field}`))
    }
  })

  it('refuses to be built in another repository than the package names', () => {
    assert.equal(said(undefined, REPOSITORY), '')
    const fork = 'https://example.test/somebody/fork'
    assert.equal(
      said(undefined, fork),
      `package.json names the repository git+${REPOSITORY}.git, and this is built in ${fork}.`,
    )
  })
})

it('versions are those of npm; one with a hyphen is a prerelease', () => {
  for (const version of ['0.2.0', '10.20.30', '0.2.0-rc.1', '1.0.0-alpha']) assert.ok(isVersion(version), version)
  for (const text of ['', '1', '1.2', 'v1.2.3', '1.2.3-', '1.2.3-a..b', '1.2.3\n', '1.2.3+5'])
    assert.ok(!isVersion(text), text)
  assert.deepEqual(['0.2.0', '0.2.0-rc.1'].map(isPrerelease), [false, true])
})

it('the versions of the checkout agree', () => {
  const versions = versionsIn(root).map(({ version }) => version)
  assert.equal(new Set(versions).size, 1, String(versions))
  assert.ok(isVersion(versions[0]))
})
