// What both sides of the binding state: the declarations of the addon, and the lists, limits and defaults of input.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import failure from '../cli/failure.js'
import snapshot from '../cli/page-snapshot.js'
import render from '../cli/render.js'
import checks from '../input/checks.js'
import binding from '../lib/binding.js'
import endpoint from '../lib/endpoint.js'
import options from '../lib/options.js'
import tokenSource from '../lib/token-source.js'
import native from '../native.js'
import { root } from '../scripts/addon.mjs'
import { declarations, declarationsPath, readNotes } from '../scripts/declarations.mjs'
import './own-state.mjs'

const addon = native.loadAddon()
const catalogue = JSON.parse(addon.inputCatalogue())
const declared = readFileSync(declarationsPath, 'utf8')

test('types/addon.d.ts is what the build gives', () => {
  assert.equal(declared, declarations(readNotes()), 'run npm run build, and then node scripts/declarations.mjs')
})

test('the declarations do not depend on the order in which the crate was compiled', () => {
  const notes = readNotes().trim().split('\n').reverse().join('\n')
  assert.equal(declarations(notes), declared)
  assert.equal(declarations(`${notes}\n${notes}`), declared)
  assert.throws(() => declarations(`${notes}\n{"kind":"enum","name":"New","def":""}`), /an item of a kind that is new/)
})

test('the addon exports what is declared, and nothing else', () => {
  const found = Object.entries(addon).flatMap(([name, { prototype }]) => [
    name,
    ...(/^[A-Z]/.test(name) ? Object.getOwnPropertyNames(prototype).map(member => `${name}.${member}`) : []),
  ])
  const expected = []
  let owner
  for (const [, exported, member] of declared.matchAll(/^(?:export (?:class|function) (\w+)| {2}(\w+)\()/gm)) {
    owner = exported ?? owner
    expected.push(exported ?? `${owner}.${member}`)
  }
  assert.deepEqual(found.sort(), expected.sort())
})

test('the facade takes the values that the core takes', () => {
  assert.deepEqual(checks.ENVIRONMENTS, catalogue.environments)
  assert.deepEqual(endpoint.PURPOSES, catalogue.purposes)
  assert.deepEqual(endpoint.METHODS, catalogue.methods)
  assert.deepEqual(options.EVICTION_ANSWERS, catalogue.evictionAnswers)
  assert.deepEqual(binding.LEVELS, catalogue.logLevels)
  assert.equal(checks.KEY_BYTES, catalogue.keyBytes)
})

test("the facade's defaults are the core's", () => {
  const { renewBeforeMs, onEviction, maxLogins } = options.sessionOptions()
  const { prefix } = options.storeOptions({ type: 'redis', url: 'redis://localhost' }, 'store').config
  assert.deepEqual({ renewBeforeMs, onEviction, maxLogins, prefix }, catalogue.defaults)
})

// The core keeps these to itself.
const constantOf = (file, name) => {
  const [, value] =
    readFileSync(join(root, 'src', file), 'utf8').match(new RegExp(`const ${name}: [^=]+ = ([^;]+);`)) ?? []
  assert.ok(value, `src/${file} has no ${name}`)
  return JSON.parse(value.replaceAll('_', ''))
}

test('the longest token, the most logins that count, and the token endpoints are the same on both sides', () => {
  assert.equal(checks.LONGEST_TOKEN, constantOf('api/answer.rs', 'LONGEST_TOKEN'))
  assert.equal(options.MOST_LOGINS, constantOf('session/record.rs', 'MOST_LOGINS'))
  for (const name of ['REQUEST_PATH', 'RENEW_PATH']) {
    const path = constantOf('api/auth.rs', name)
    assert.throws(() => tokenSource.endpoint('GET', path), { message: /^path must be another endpoint/ }, path)
  }
})

test('the page tells the limits that the core keeps to', () => {
  const { logins, loginsWithinMs, renewals, refusedLogins } = snapshot.LIMITS
  assert.deepEqual({ count: logins, withinMs: loginsWithinMs }, catalogue.defaults.maxLogins)
  assert.equal(renewals, constantOf('session/limits.rs', 'RENEWALS_AN_HOUR'))
  assert.equal(refusedLogins, constantOf('session/limits.rs', 'REFUSED_LOGINS_AN_HOUR'))
})

test('the command knows the names of the hosts that the core takes for those of Tradovate', () => {
  assert.deepEqual(render.TRADOVATES, constantOf('api/hosts.rs', 'SUFFIXES'))
})

test("what the command leaves out of the core's messages is in them", () => {
  const core = ['session/view.rs', 'session/hold.rs', 'api/failure.rs', 'store/envelope.rs']
    .map(file => readFileSync(join(root, 'src', file), 'utf8'))
    .join()
    // A text goes on in the next line.
    .replace(/\\\r?\n\s*/g, '')
  for (const advice of failure.ADVICE_FOR_PROGRAMS) assert.ok(core.includes(advice), advice)
})

test('a base URL is taken or refused alike on both sides', async () => {
  const bases = [
    ['https://example.com', true],
    ['https://example.com/v1', true],
    ['http://127.0.0.1:1/v1', true],
    ['http://127.9.9.9:1', true],
    ['http://[::1]:1', true],
    ['http://localhost:1', true],
    ['http://example.com', false],
    ['http://127.0.0.1.example.com', false],
    ['http://localhost.example.com', false],
    ['http://0.0.0.0', false],
    ['ftp://127.0.0.1', false],
    ['https://user@example.com', false],
    ['https://example.com?a=1', false],
    ['https://example.com#a', false],
    ['/v1', false],
  ]
  for (const [baseUrl, fits] of bases) {
    assert.equal(
      isTaken(() => checks.baseUrlText(baseUrl, 'baseUrl')),
      fits,
      baseUrl,
    )
    // Nothing is stored in memory, and nothing is called.
    const config = JSON.stringify({ environment: 'demo', baseUrl, store: { type: 'memory' } })
    const { error } = await binding.calls.start(id => {
      binding.calls.bridge.storedStatus(id, config, '{"name":"nobody","password":""}')
    })
    assert.equal(error === null, fits, `${baseUrl} in the core`)
  }
})

test('the declarations have the names that the core tells: states, causes of a token, outcomes, purposes', () => {
  const face = readFileSync(join(root, 'index.d.ts'), 'utf8')
  const unionOf = start => {
    const [, names] = face.match(new RegExp(`${start} ((?:\\|? *'[\\w-]+'\\s*)+)`)) ?? []
    return Array.from(names?.matchAll(/'([\w-]+)'/g) ?? [], ([, name]) => name)
  }
  const toldBy = (file, type) => {
    const text = readFileSync(join(root, 'src', file), 'utf8').replaceAll('\r', '')
    const [, body] =
      text.match(new RegExp(`impl ${type} \\{[^]*?fn as_str[^]*?match self \\{([^]*?)\\n        \\}`)) ?? []
    return Array.from(body?.matchAll(/"([\w-]+)"/g) ?? [], ([, name]) => name)
  }
  for (const [start, told] of [
    ['  state:', toldBy('session/view.rs', 'State')],
    ['how:', toldBy('session/events.rs', 'How')],
    ['  operation:', toldBy('session/transitions.rs', 'Call')],
    ['export type CallOutcome =', toldBy('error.rs', 'Outcome')],
    ['export type HostPurpose =', catalogue.purposes],
    ['export type Environment =', catalogue.environments],
    ['export type HttpMethod =', catalogue.methods],
    ['  onEviction\\?:', catalogue.evictionAnswers],
  ]) {
    assert.ok(told.length > 1, start)
    assert.deepEqual(unionOf(start), told, start)
  }
})

function isTaken(check) {
  try {
    check()
    return true
  } catch (error) {
    assert.equal(error.code, 'ERR_TRADOVATE_CONFIG')
    return false
  }
}
