// The core's catalogue of errors, and whatever repeats it: the facade, its declarations, the page about errors.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import errors from '../errors.js'
import native from '../native.js'
import { root } from '../scripts/addon.mjs'

const catalogue = JSON.parse(native.loadAddon().errorCatalogue())
const textOf = file => readFileSync(join(root, file), 'utf8')

test('the facade makes an error of the right class of each code, and knows no other', () => {
  for (const { code, class: name } of catalogue) {
    assert.equal(errors.errorFrom({ code, message: 'm', needsPerson: false }).name, name, code)
  }
  const classes = new Set(catalogue.map(row => row.class))
  const made = Object.keys(errors).filter(name => name.endsWith('Error') && name !== 'TradovateError')
  assert.deepEqual(new Set(made), classes)
})

test('the declarations have each code in the union of its class', () => {
  const declared = textOf('index.d.ts')
  for (const name of new Set(catalogue.map(row => row.class))) {
    const codes = catalogue.filter(row => row.class === name).map(row => row.code)
    const union = `${name}Code`
    const [, text] = declared.match(new RegExp(`export type ${union} =([^;]*?)\n\n`)) ?? []
    const found = text?.match(/ERR_TRADOVATE_\w+/g) ?? [`ERR_TRADOVATE_${name.replace('Error', '').toUpperCase()}`]
    assert.deepEqual(found, codes, union)
    assert.match(declared, new RegExp(`export class ${name} extends TradovateError`))
  }
})

test('the table of docs/errors.md has a row for each code, with its class and whether a person is needed', () => {
  const cells = line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim())
  let name
  const rows = []
  for (const line of textOf('docs/errors.md').split('\n')) {
    const [first = '', second = '', person] = line.startsWith('| ') ? cells(line) : []
    const [, code, anchor] = second.match(/^\[`(ERR_TRADOVATE_\w+)`\]\(#(\w+)\)$/) ?? []
    if (!code) continue
    name = first.match(/^\[`(\w+Error)`\]/)?.[1] ?? name
    assert.equal(anchor, code.toLowerCase())
    rows.push({ code, class: name, needsPerson: person === 'yes' })
  }
  assert.deepEqual(rows, catalogue)
})

test('docs/errors.md has a section for each class and code, which says what happened and what to do', () => {
  const sections = textOf('docs/errors.md').split(/^(?=##+ )/m)
  let name
  const found = []
  for (const section of sections) {
    name = section.match(/^## (\w+Error)\n\n\w/)?.[1] ?? name
    const code = section.match(/^### (ERR_TRADOVATE_\w+)\n\n\w.+\n\n\*\*What to do:\*\* \w/)?.[1]
    if (code) found.push({ code, class: name })
  }
  assert.deepEqual(
    found,
    catalogue.map(({ code, class: name }) => ({ code, class: name })),
  )
})

test('the declaration of each class leads to its section', () => {
  const declared = textOf('index.d.ts')
  const commentOf = name =>
    declared.match(new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\nexport class ${name} `))?.[1] ?? ''
  for (const name of new Set(catalogue.map(row => row.class))) {
    assert.ok(commentOf(name).includes(`(docs/errors.md#${name.toLowerCase()})`), name)
  }
  assert.ok(commentOf('TradovateError').includes('(docs/errors.md#all-codes)'))
})
