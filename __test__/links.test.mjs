// Every link in the manuals and in the declarations leads to a file that is there, and to a heading that it has.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { test } from 'node:test'
import { root } from '../scripts/addon.mjs'
import { anchorsOf, forPackage, linksOf } from '../scripts/docs/markdown.mjs'

const textOf = file => readFileSync(join(root, file), 'utf8')
const markdownIn = folder =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith('.md'))
    .map(name => posix.join(folder, name))
    .sort()

const pages = markdownIn('docs')
const declarations = ['index.d.ts', 'endpoints.d.ts', 'sandbox/index.d.ts']
const files = [...markdownIn('.'), ...pages, ...declarations]

/** What is wrong with a link; undefined if nothing is. */
function faultOf(file, target) {
  if (/^https:/.test(target)) return undefined
  if (/^\w+:/.test(target)) return 'neither https nor relative'
  const [path, anchor] = target.split('#')
  const to = path ? posix.join(dirname(file), path) : file
  if (to.startsWith('..') || !existsSync(join(root, to))) return 'no such file'
  if (anchor === undefined) return undefined
  return anchorsOf(textOf(to)).has(anchor) ? undefined : 'no such heading'
}

for (const file of files) {
  test(`each link in ${file} leads somewhere`, () => {
    const faults = linksOf(textOf(file)).map(target => [target, faultOf(file, target)])
    assert.deepEqual(
      faults.filter(([, fault]) => fault),
      [],
    )
  })
}

test('the declarations link to no file, which an editor would look for beside its own', () => {
  const links = declarations.flatMap(file => linksOf(textOf(file)))
  assert.deepEqual(
    links.filter(target => !target.startsWith('https:')),
    [],
  )
})

test('each page that the declarations name is packed', () => {
  const { files: packed } = JSON.parse(textOf('package.json'))
  const named = declarations.flatMap(file => Array.from(textOf(file).matchAll(/`(docs\/[^`]*)`/g), ([, path]) => path))
  assert.ok(named.length > 10)
  assert.deepEqual(
    named.filter(path => !packed.includes(path)),
    [],
  )
})

test('links are found, and faults in them', () => {
  const links = linksOf(textOf('README.md'))
  assert.ok(links.includes('docs/getting-started.md#from-a-clone'))
  assert.ok(links.includes('__test__/session.test.mjs'))
  assert.deepEqual(linksOf('[a\nb](c.md) ![d](e.svg)\n```\n[f](g)\n``` `[h](i)`\n'), ['c.md', 'e.svg'])
  assert.equal(faultOf('docs/cli.md', 'nowhere.md'), 'no such file')
  assert.equal(faultOf('docs/cli.md', '../../elsewhere.md'), 'no such file')
  assert.equal(faultOf('docs/cli.md', '#nowhere'), 'no such heading')
  assert.equal(faultOf('docs/cli.md', 'errors.md#err_tradovate_nothing'), 'no such heading')
  assert.equal(faultOf('docs/cli.md', 'http://example.org'), 'neither https nor relative')
  assert.equal(faultOf('README.md', 'docs/errors.md#err_tradovate_config'), undefined)
})

test('a package links elsewhere to what it lacks, or names it, and leaves out what is for a clone', () => {
  const text =
    '[a](a.md#x) [b](b.md#y) [b.md](b.md) [c](#z)\n<!-- clone -->\nonly\n<!-- /clone -->\n\n```\n[b](b.md)\n```\n'
  const isThere = path => path === 'a.md'
  assert.equal(
    forPackage(text, { isThere, addressOf: path => `https://e.test/${path}` }),
    '[a](a.md#x) [b](https://e.test/b.md#y) [b.md](https://e.test/b.md) [c](#z)\n```\n[b](b.md)\n```\n',
  )
  assert.equal(
    forPackage(text, { isThere, addressOf: () => undefined }),
    '[a](a.md#x) b (`b.md`) `b.md` [c](#z)\n```\n[b](b.md)\n```\n',
  )
})

test('headings have the anchors that a browser of the repository gives them', () => {
  const text = "# A `b`, c's _D_\n## [Link](x.md) & more\n# A `b`, c's _D_\n```\n# not one\n```\n"
  assert.deepEqual([...anchorsOf(text)], ['a-b-cs-d', 'link--more', 'a-b-cs-d-1'])
})

test('each page is linked from the README', () => {
  const linked = new Set(linksOf(textOf('README.md')).map(target => target.split('#')[0]))
  assert.deepEqual(
    pages.filter(page => !linked.has(page)),
    [],
  )
})

test('each test that the README names beside a promise is one', () => {
  const rows = textOf('README.md').match(/^\| \[.*\]\(__test__\/.*$/gm)
  assert.ok(rows.length > 10)
  for (const row of rows) assert.match(row, /^\| \[[^\]]+\]\(__test__\/[\w-]+\.test\.mjs\) \|/)
})
