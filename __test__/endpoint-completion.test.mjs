// What an editor offers while a call of request() is being written, asked of the compiler's own language server.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readFacts } from '../scripts/endpoint-types.mjs'
import { LanguageServer } from './editor/language-server.mjs'

const { operations, enums, entities } = readFacts()
const TOKEN_PATHS = ['auth/accesstokenrequest', 'auth/renewaccesstoken']
// Declared beside the documented ones, in the folder that the server works in.
const OWN_PATHS = ['margin/preview', 'margin/modes', 'margin/reset']

function documentedPaths(method) {
  const names = Object.keys(operations).filter(name => name.startsWith(method))
  return names.map(name => name.slice(method.length + 1)).filter(path => !TOKEN_PATHS.includes(path))
}

const server = new LanguageServer()
before(() => server.start())
after(() => server.close())

for (const method of ['GET', 'POST']) {
  test(`every path of ${method} is offered, at once and while it is written`, async () => {
    const wanted = documentedPaths(method)
    for (const line of [
      `session.request('${method}', '|')`,
      `session.request('${method}', 'pos|`,
      `await session.request('${method}', 'o|', { timeoutMs: 5 })`,
    ]) {
      const offered = new Set(await server.offersAt(line))
      assert.deepEqual(
        wanted.filter(path => !offered.has(path)),
        [],
        line,
      )
      const others = [...offered].filter(path => path.includes('/') && !wanted.includes(path))
      assert.deepEqual(
        others.filter(path => !OWN_PATHS.includes(path)),
        [],
        line,
      )
    }
  })
}

test('a path that a user has declared is offered', async () => {
  const offered = await server.offersAt("session.request('GET', '|')")
  assert.ok(offered.includes('margin/preview'))
})

test('the verbs are offered', async () => {
  assert.deepEqual(await server.offersAt("session.request('|')"), ['GET', 'POST'])
})

test('the fields of a body and of a query are offered, and the values of an enum', async () => {
  const offersAt = async line => (await server.offersAt(line)).map(label => label.replace('?', '')).sort()
  assert.deepEqual(
    await offersAt("session.request('POST', 'order/placeorder', { body: { | } })"),
    Object.keys(entities.PlaceOrder).sort(),
  )
  assert.deepEqual(await offersAt("session.request('GET', 'contract/suggest', { query: { | } })"), ['l', 't'])
  assert.deepEqual(
    await offersAt("session.request('POST', 'order/placeorder', { body: { orderType: '|' } })"),
    [...enums.OrderType].sort(),
  )
  assert.deepEqual(await offersAt("session.request('GET', 'order/list', { | })"), ['purpose', 'signal', 'timeoutMs'])
})

test('the fields of an answer are offered', async () => {
  const offered = await server.offersAt("const [order] = await session.request('GET', 'order/list')\norder?.|")
  for (const field of Object.keys(entities.Order))
    assert.ok(
      offered.some(label => label.replace('?', '') === field),
      field,
    )
})
