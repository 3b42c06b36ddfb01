// What an editor shows of a name: asked of the compiler's own language server.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LanguageServer } from './editor/language-server.mjs'

const server = new LanguageServer()
before(() => server.start())
after(() => server.close())

test('whatever request() is given, its whole comment is shown', async () => {
  const calls = [
    "session.|request('GET', 'position/list')",
    "session.|request('GET', 'position/list', { timeoutMs: 5 })",
    "session.|request('GET', 'news/list')",
    "session.|request('POST', 'order/cancelorder', { body: { orderId: 1 } })",
  ]
  for (const call of calls) {
    const shown = await server.shownAt(call)
    for (const part of [
      /A GET is sent again once/,
      /@returns/,
      /order\/placeorder/,
      /clOrdId: randomUUID\(\)/,
      /`command\/list`/,
    ])
      assert.match(shown, part, call)
  }
})

test('each event is told of where it is listened to', async () => {
  for (const [event, text] of Object.entries({
    token: /new token/,
    status: /change of state/,
    warning: /failure in the background/,
  }))
    for (const method of ['on', 'once'])
      for (const source of ['session', "(session as unknown as import('tradovate-session').TokenClient)"]) {
        const shown = await server.shownAt(`${source}.|${method}('${event}', () => {})`)
        assert.match(shown, text)
        assert.doesNotMatch(shown, /EventEmitter|nodejs\.org|@since/)
      }
  assert.match(await server.shownAt("session.|off('token', () => {})"), /no longer/)
})

test('each field of a status is told of', async () => {
  const fields = await server.offersAt('session.status().|')
  assert.ok(fields.length >= 15, fields.join())
  for (const field of fields) {
    const name = field.replace('?', '')
    const shown = await server.shownAt(`session.status().|${name}`)
    assert.match(shown.split('```').at(-1), /\w{3}/, name)
  }
})

test('what becomes of an order is told where its answer is read', async () => {
  const placed =
    "const result = await session.request('POST', 'order/placeorder', { body: {} as import('tradovate-session').PlaceOrder })\n"
  assert.match(await server.shownAt(`${placed}result.|failureReason`), /`request` rejects then/)
  assert.match(await server.shownAt(`${placed}result.|orderId`), /may still reject it: see `order\/item`/)
  for (const kind of ['commandReport', 'executionReport']) {
    const call = `session.request('GET', '${kind}/deps', { query: { |masterid: 1 } })`
    assert.match(await server.shownAt(call), /The id of the command, not of the order/)
  }
  const others = await server.shownAt("session.request('GET', 'fill/deps', { query: { |masterid: 1 } })")
  assert.match(others, /Of the entity/)
})
