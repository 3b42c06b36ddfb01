// What is known of Tradovate's endpoints: the table of facts, the declarations made from it, and that request() takes what they promise.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import tokenSource from '../lib/token-source.js'
import { endpointTypes, endpointTypesPath, postPaths, postPathsPath, readFacts } from '../scripts/endpoint-types.mjs'

const facts = readFacts()
const TOKEN_ENDPOINTS = ['POST auth/accesstokenrequest', 'GET auth/renewaccesstoken']

const SAMPLES = {
  string: 'a',
  integer: 1,
  number: 1.5,
  boolean: true,
  'string[]': ['a'],
  'integer[]': [1, 2],
}

/** A value of each field, whether it is required or not. */
function sampleOf(fields) {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { type, enum: values }]) => [name, sampleValue(type, values)]),
  )
}

function sampleValue(type, values) {
  if (values) return facts.enums[values][0]
  if (type in SAMPLES) return SAMPLES[type]
  const entity = sampleOf(facts.entities[type.replace('[]', '')])
  return type.endsWith('[]') ? [entity] : entity
}

test('endpoints.d.ts is what scripts/endpoint-types.mjs makes of the table', () => {
  assert.equal(readFileSync(endpointTypesPath, 'utf8'), endpointTypes(facts), 'run node scripts/endpoint-types.mjs')
})

test('lib/post-paths.js is what scripts/endpoint-types.mjs makes of the table', () => {
  assert.equal(readFileSync(postPathsPath, 'utf8'), postPaths(facts), 'run node scripts/endpoint-types.mjs')
})

test('a path that is documented for both verbs takes both', () => {
  const path = 'order/placeorder'
  const operations = { ...facts.operations, [`GET ${path}`]: { answer: 'Order' } }
  assert.ok(postPaths(facts).includes(`'${path}'`))
  assert.ok(!postPaths({ operations }).includes(`'${path}'`))
})

test('the declarations have each of the 341 operations, and each type of the table', () => {
  const text = endpointTypes(facts)
  const names = Object.keys(facts.operations)
  assert.equal(names.length, 341)
  for (const name of names) assert.match(text, new RegExp(`^  '${name}': \\{`, 'm'))
  for (const name of [...Object.keys(facts.entities), ...Object.keys(facts.enums)]) {
    assert.match(text, new RegExp(`^export (interface|type) ${name}\\b`, 'm'))
  }
})

test('a type that the table does not have is an error, and so is a sentence about nothing', () => {
  const { operations, notes } = facts
  const withOperation = operation => ({ ...facts, operations: { ...operations, 'GET a/b': operation } })
  assert.throws(() => endpointTypes(withOperation({ answer: 'Ordr' })), /no type Ordr/)
  assert.throws(() => endpointTypes(withOperation({ answer: 'Order', body: 'Ordr[]' })), /no type Ordr/)
  assert.throws(
    () => endpointTypes({ ...facts, entities: { ...facts.entities, Fill: { a: { type: 'string', enum: 'Ordr' } } } }),
    /no enum Ordr/,
  )
  const withNote = { ...facts, notes: { ...notes, fields: { ...notes.fields, 'Order.nothing': 'A sentence.' } } }
  assert.throws(() => endpointTypes(withNote), /no Order\.nothing in fields/)
})

test('request() takes every operation with all the fields that the declarations promise', () => {
  for (const [name, { query, body }] of Object.entries(facts.operations)) {
    if (TOKEN_ENDPOINTS.includes(name)) continue
    const [method, path] = name.split(' ')
    const options = {
      ...(query && { query: sampleOf(query) }),
      ...(body && { body: sampleOf(facts.entities[body]) }),
    }
    const { call } = tokenSource.endpoint(method, path, options)
    assert.deepEqual([call.method, call.path], [method, path])
    assert.deepEqual(call.body === null ? undefined : JSON.parse(call.body), options.body)
    const sent = Object.fromEntries(new URLSearchParams(call.query))
    const wanted = Object.entries(options.query ?? {}).map(([field, value]) => [field, String(value)])
    assert.deepEqual(sent, Object.fromEntries(wanted))
  }
})

test('request() refuses the two token endpoints, which the declarations leave out', () => {
  for (const name of TOKEN_ENDPOINTS) {
    assert.throws(() => tokenSource.endpoint(...name.split(' ')), { code: 'ERR_TRADOVATE_CONFIG' })
  }
})
