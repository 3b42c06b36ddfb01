// Makes endpoints.d.ts from the facts in types/endpoints.json and the sentences in types/notes.json, and lib/post-paths.js from the
// facts alone.
//
// In the table a type is string, integer, number, boolean, object (a map, of `values`) or an entity, with [] for a list. A field
// that is `required` must be sent, and is always answered; one that is `answered` need not be sent, and is always answered.
// `enum` names one of `enums`, `maxLength` counts characters, `maxItems` elements. An operation that is `alsoGet` is documented for
// POST, and clients in use call it by GET.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './addon.mjs'

const LINE_WIDTH = 120

const HEADER = `// Made by scripts/endpoint-types.mjs from types/endpoints.json and types/notes.json: change those, and run it.

import type { Credentials } from './index.js'

`

const POST_PATHS_HEADER = `'use strict'
// Made by scripts/endpoint-types.mjs from types/endpoints.json: the paths, in lower case, that must not be called by GET. Tradovate
// documents them for POST alone.

`

const SCALARS = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean' }

/** What the package declares by hand, since it checks and documents it more closely. */
const BY_HAND = { AccessTokenRequest: 'Credentials' }

export const endpointTypesPath = join(root, 'endpoints.d.ts')
export const postPathsPath = join(root, 'lib', 'post-paths.js')

/** The table, and as `notes` the sentences about what it does not say. */
export function readFacts() {
  const read = name => JSON.parse(readFileSync(join(root, 'types', name), 'utf8'))
  return { ...read('endpoints.json'), notes: read('notes.json') }
}

/** The text of endpoints.d.ts. A sentence about something that the table does not have is an error. */
export function endpointTypes({ operations, enums, entities, notes }) {
  const nameOf = type => type.replace('[]', '')

  /** The entities that the given ones hold, and they themselves. */
  function reachedFrom(types) {
    const reached = new Set()
    const visit = name => {
      if (!(name in entities) || reached.has(name)) return
      reached.add(name)
      for (const { type } of Object.values(entities[name])) visit(nameOf(type))
    }
    for (const type of types) visit(nameOf(type))
    return reached
  }

  const calls = Object.values(operations)
  const answered = reachedFrom(calls.map(({ answer }) => answer))
  const sent = reachedFrom(calls.flatMap(({ body }) => body ?? []))

  const bodyName = name => (answered.has(name) ? `${name}Body` : name)

  function typeOf({ type, enum: values, values: valueType }, isSent) {
    const name = nameOf(type)
    const isList = name !== type
    const base = values ? enumName(values) : (SCALARS[name] ?? otherType(name, valueType, isSent))
    if (!isList) return base
    return isSent ? `readonly ${base}[]` : `${base}[]`
  }

  const mapOf = valueType => `Record<string, ${SCALARS[valueType] ?? 'unknown'}>`

  const otherType = (name, valueType, isSent) => (name === 'object' ? mapOf(valueType) : entityName(name, isSent))

  function enumName(name) {
    if (!(name in enums)) throw new Error(`the table has no enum ${name}`)
    return name
  }

  function entityName(name, isSent) {
    if (!(name in entities)) throw new Error(`the table has no type ${name}`)
    return isSent ? bodyName(name) : name
  }

  const used = new Set()
  function note(kind, name) {
    if (name in notes[kind]) used.add(`${kind} ${name}`)
    return notes[kind][name]
  }

  function sentField(entity, field, facts) {
    const { type, format, required, maxLength, maxItems } = facts
    const sentences = [
      note('fields', `${entity}.${field}`) ?? note('sentFields', field),
      type === 'integer' && !/id$/i.test(field) && 'An integer.',
      maxLength && `At most ${maxLength} characters.`,
      maxItems && `At most ${maxItems}.`,
      format === 'date-time' && 'ISO 8601.',
    ]
    const value = required ? `: ${typeOf(facts, true)}` : `?: ${typeOf(facts, true)} | undefined`
    return [...comment(sentences, '  '), `  ${field}${value}`]
  }

  function answeredField(entity, field, facts) {
    const { format, required, answered } = facts
    const sentences = [
      note('fields', `${entity}.${field}`) ?? note('answeredFields', field),
      format === 'date-time' && 'ISO 8601.',
    ]
    return [...comment(sentences, '  '), `  ${field}${required || answered ? '' : '?'}: ${typeOf(facts, false)}`]
  }

  function declarations(name) {
    const fields = Object.entries(entities[name])
    const lines = comment([note('entities', name)], '')
    if (name in BY_HAND) return [[...lines, `export type ${name} = ${BY_HAND[name]}`]]
    const found = []
    if (answered.has(name)) {
      const members = fields.flatMap(([field, facts]) => answeredField(name, field, facts))
      found.push([...lines, `export interface ${name} {`, ...members, '  [field: string]: unknown', '}'])
    }
    if (sent.has(name)) {
      const members = fields.flatMap(([field, facts]) => sentField(name, field, facts))
      const about = answered.has(name) ? comment([`{@link ${name}}, as it is sent.`], '') : lines
      found.push([...about, `export interface ${bodyName(name)} {`, ...members, '}'])
    }
    return found
  }

  function enumeration([name, values]) {
    const members = [...values.map(value => `'${value}'`), '(string & {})']
    const line = `export type ${name} = ${members.join(' | ')}`
    const lines = line.length <= LINE_WIDTH ? [line] : [`export type ${name} =`, ...members.map(text => `  | ${text}`)]
    return ['/** Tradovate adds values now and then. */', ...lines]
  }

  /**
   * Parameters are the same for all calls of a kind: `contract/find` and `account/find`. A call whose parameter has a sentence of
   * its own has a type of its own.
   */
  const queries = new Map()
  function queryName(operation, query) {
    const path = pathOf(operation)
    const kind = path.slice(path.lastIndexOf('/') + 1)
    const isOwn = Object.keys(query).some(parameter => `${path}.${parameter}` in notes.queries)
    const name = `${(isOwn ? path.split('/') : [kind]).map(capitalised).join('')}Query`
    const members = Object.entries(query).flatMap(([parameter, facts]) => {
      const value = facts.required ? `: ${typeOf(facts, true)}` : `?: ${typeOf(facts, true)}`
      const sentence = note('queries', `${path}.${parameter}`) ?? note('queries', parameter)
      return [...comment([sentence], '  '), `  ${parameter}${value}`]
    })
    const about = isOwn ? `\`${path}\`` : `every \`…/${kind}\``
    const text = [`/** What ${about} asks for. */`, `export interface ${name} {`, ...members, '}']
    const known = queries.get(name)
    if (known && known.join() !== text.join()) throw new Error(`${operation} has other parameters than its like`)
    queries.set(name, text)
    return name
  }

  function endpoint([operation, { query, body, answer }]) {
    const parts = [
      query && `query: ${queryName(operation, query)}`,
      body && `body: ${entityName(body, true)}`,
      `answer: ${typeOf({ type: answer }, false)}`,
    ].filter(Boolean)
    const line = `  '${operation}': { ${parts.join('; ')} }`
    const lines =
      line.length <= LINE_WIDTH ? [line] : [`  '${operation}': {`, ...parts.map(text => `    ${text}`), '  }']
    return [...comment([note('operations', operation)], '  '), ...lines]
  }

  const endpoints = [
    '/** The operations that Tradovate documents; see `Endpoints`, which has them too. */',
    'export interface DocumentedEndpoints {',
    ...Object.entries(operations).flatMap(endpoint),
    '}',
  ]
  const alsoGet = Object.entries(operations).flatMap(([name, facts]) => (facts.alsoGet ? [`'${pathOf(name)}'`] : []))
  const pathsOfBothVerbs = [
    '/** The paths that Tradovate documents for POST, and that clients call by GET as well. */',
    `export type PathOfBothVerbs = ${alsoGet.join(' | ')}`,
  ]
  const blocks = [
    endpoints,
    pathsOfBothVerbs,
    ...queries.values(),
    ...Object.keys(entities).flatMap(declarations),
    ...Object.entries(enums).map(enumeration),
  ]
  refuseUnused(notes, used)
  return `${HEADER}${blocks.map(lines => lines.join('\n')).join('\n\n')}\n`
}

/** The text of lib/post-paths.js. */
export function postPaths({ operations }) {
  const byGet = new Set(
    Object.keys(operations)
      .filter(name => name.startsWith('GET '))
      .map(pathOf),
  )
  const isRefused = ([name, { alsoGet }]) => name.startsWith('POST ') && !alsoGet && !byGet.has(pathOf(name))
  const lines = Object.entries(operations)
    .filter(isRefused)
    .map(([name]) => `  '${pathOf(name).toLowerCase()}',`)
  return `${POST_PATHS_HEADER}module.exports = new Set([\n${lines.join('\n')}\n])\n`
}

const capitalised = text => `${text[0].toUpperCase()}${text.slice(1)}`

const pathOf = operation => operation.slice(operation.indexOf(' ') + 1)

function comment(sentences, indent) {
  const text = sentences.filter(Boolean).join(' ')
  return text === '' ? [] : [`${indent}/** ${text} */`]
}

function refuseUnused(notes, used) {
  for (const [kind, texts] of Object.entries(notes)) {
    for (const name of Object.keys(texts)) {
      if (!used.has(`${kind} ${name}`)) throw new Error(`types/notes.json: there is no ${name} in ${kind}`)
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const facts = readFacts()
  writeFileSync(endpointTypesPath, endpointTypes(facts))
  writeFileSync(postPathsPath, postPaths(facts))
}
