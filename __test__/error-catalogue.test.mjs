// The core's catalogue of errors, and whatever repeats it: the facade, its declarations, the README's table.

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

test('the table in the README has a row for each code, with its class and whether a person is needed', () => {
  const cells = line =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map(cell => cell.trim())
  let name
  const rows = []
  for (const line of textOf('README.md').split('\n')) {
    const [first = '', code = '', , , person] = line.startsWith('| ') ? cells(line) : []
    name = first.match(/^`(\w+Error)`$/)?.[1] ?? (line.startsWith('| | `') ? name : undefined)
    const short = code.match(/^`([A-Z_]+)`$/)?.[1]
    if (name && short) rows.push({ code: `ERR_TRADOVATE_${short}`, class: name, needsPerson: person === 'yes' })
  }
  assert.deepEqual(rows, catalogue)
})
