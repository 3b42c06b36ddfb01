// Who requires whom in the facade and the command: from the top down, and without circles.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { test } from 'node:test'
import { root } from '../scripts/addon.mjs'

const FLOORS = 5

/** The JavaScript files of a folder and those below it, as paths from the root with slashes. */
function filesIn(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.js'))
    .map(entry => named(join(entry.parentPath ?? entry.path, entry.name)))
}

const named = path => relative(root, path).split(sep).join('/')

/** The files of this package that a file requires when it is loaded or later, and not those that a comment names. */
function requiredBy(file) {
  const text = readFileSync(join(root, file), 'utf8').replace(/^ *(\/\*\*.*\*\/|\*.*|\/\/.*)$/gm, '')
  const found = [...text.matchAll(/require\(['"](\.[^'"]+)['"]\)/g)].map(([, path]) => path)
  return found.map(path => named(resolve(root, dirname(file), path))).filter(path => path.endsWith('.js'))
}

test('the command takes what the package exports, and the checks of input; nothing of lib/', () => {
  const command = filesIn('cli').filter(file => !file.startsWith('cli/page/'))
  assert.ok(command.length > 20)
  for (const file of command) {
    for (const required of requiredBy(file)) {
      assert.match(required, /^(tradovate-session\.js|input\/.*|sandbox\/(index|control)\.js|cli\/.*)$/, file)
    }
  }
})

test('the checks of input need no addon: nothing but the errors', () => {
  for (const file of filesIn('input')) {
    for (const required of requiredBy(file)) assert.match(required, /^(errors\.js|input\/.*)$/, file)
  }
  assert.deepEqual(requiredBy('errors.js'), [])
})

test(`below index.js there are no circles, and at most ${FLOORS} files on top of each other`, () => {
  const heights = new Map()
  const heightOf = (file, above = []) => {
    assert.ok(!above.includes(file), `${[...above, file].join(' -> ')} is a circle`)
    if (!heights.has(file)) {
      const below = requiredBy(file).map(required => heightOf(required, [...above, file]))
      heights.set(file, 1 + Math.max(0, ...below))
    }
    return heights.get(file)
  }
  heightOf('index.js')
  for (const file of [...filesIn('lib'), ...filesIn('input')]) assert.ok(heights.has(file), `nothing requires ${file}`)
  for (const [file, height] of heights)
    if (file !== 'index.js') assert.ok(height <= FLOORS, `${file} stands on ${height}`)
})
