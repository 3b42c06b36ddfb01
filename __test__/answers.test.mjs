// Correct beside fast: whatever a list of accounts holds, ours and the answer of `fetch` are deeply equal.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { getAccounts, Session } from '../index.js'

const LONGEST_BODY = 16 * 1024 * 1024
const LEAST_LONG_BODY = 15 * 1024 * 1024
const HOUR_MS = 3_600_000

let server
let origin
let session
let body

before(async () => {
  const token = () => ({
    accessToken: 'a-token',
    expirationTime: new Date(Date.now() + HOUR_MS).toISOString(),
    userId: 1,
  })
  server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(request.url.endsWith('/account/list') ? body : JSON.stringify(token()))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  origin = `http://127.0.0.1:${server.address().port}/v1`
  const credentials = { name: 'n', password: 'p', appId: 'a', appVersion: '1' }
  session = await Session.open(credentials, { baseUrl: origin, store: { type: 'memory' } })
})

after(async () => {
  await session.close()
  server.close()
  server.closeAllConnections()
})

async function compare(text) {
  body = text
  const theirs = await (await fetch(`${origin}/account/list`)).json()
  const ours = await session.getAccounts()
  // Written out, so that the order of the fields counts as well.
  assert.equal(JSON.stringify(ours), JSON.stringify(theirs))
  assert.deepStrictEqual(ours, theirs)
  assert.deepStrictEqual(await session.request('GET', 'account/list'), theirs)
  assert.deepStrictEqual(await getAccounts('a-token', { baseUrl: origin }), theirs)
  return ours
}

// Each account differs in fields, their order, and what is in them.
const variants = [
  id => `{"id":${id},"name":"A${id}","userId":3,"accountType":"Customer","active":true}`,
  id => `{"accountType":"Customer","name":"A${id}","unknown":{"deep":[1,{"er":[[]]},null]},"id":${id}}`,
  id => `{ "id" : ${id} , "nickname" : null , "readonly":false,\n\t"evaluationSize":-1.5e-7, "name":"" }`,
  id =>
    `{"id":${id},"name":"quote \\" slash \\\\ \\/ \\b\\f\\n\\r\\t \\u00e9 \\ud83d\\ude00 \\u0000 ],[ },{","x":"],[{\\"id\\":1}"}`,
  id => `{"id":${id},"name":"Zürich 東京 😀 \u2028 \u00a0","ключ":"значение","😀":"key"}`,
  id => `{"id":${id},"id2":9007199254740992,"id3":-9007199254740992,"id4":9007199254740993,"n":-0,"big":1e400,"f":0.1}`,
  id => `{"id":1,"id":${id},"name":"twice","name":"last wins","__proto__":{"polluted":true},"constructor":1}`,
  id => `{"id":${id},"lone":"\\ud800","pair":"\\uD83D\\uDE00","empty":{},"none":[]}`,
  () => 'null',
  id => `[${id},"a list"]`,
]
const listOf = size => `[${Array.from({ length: size }, (_, i) => variants[i % variants.length](i)).join(',')}]`

describe('answers are those of fetch', () => {
  for (const size of [0, 1, 5, 10, 1_000, 10_000]) {
    it(`for a list of ${size} accounts of every kind`, async () => {
      assert.equal((await compare(listOf(size))).length, size)
    })
  }

  for (const [number, variant] of variants.entries()) {
    it(`for 3,000 accounts of kind ${number + 1} alone`, async () => {
      await compare(`[${Array.from({ length: 3_000 }, (_, i) => variant(i)).join(',')}]`)
    })
  }

  it('for accounts that share nothing but their text', async () => {
    const inner = '{"tags":["a"],"more":{"x":null}}'
    const ours = await compare(`[${Array.from({ length: 3_000 }, () => inner).join(',')}]`)
    assert.notEqual(ours[0].tags, ours[1].tags)
  })

  it('for blanks around a list and within it', async () => {
    const spacious = `\r\n\t [ ${Array.from({ length: 3_000 }, (_, i) => `\n{ "id" : ${i} }`).join(' , ')} \n ] \n`
    await compare(spacious)
    await compare(' [ ] ')
  })

  it('for the same account many times', async () => {
    await compare(`[${Array.from({ length: 2_000 }, () => variants[0](7)).join(',')}]`)
  })

  it('for a body of 15 MiB', async () => {
    const one = listOf(1_000).slice(1, -1)
    const times = Math.ceil(LEAST_LONG_BODY / (Buffer.byteLength(one) + 1))
    const text = `[${Array.from({ length: times }, () => one).join(',')}]`
    assert.ok(Buffer.byteLength(text) >= LEAST_LONG_BODY && Buffer.byteLength(text) < LONGEST_BODY)
    await compare(text)
  })

  it('for one element that is longer than any piece', async () => {
    await compare(`[{"id":1},{"id":2,"note":"${'é],[{'.repeat(100_000)}"},{"id":3}]`)
  })

  it('for a list that is no JSON inside: an error that quotes none of it', async () => {
    body = `[${Array.from({ length: 10_000 }, () => '{"id":canary}').join(',')}]`
    for (const call of [() => session.getAccounts(), () => getAccounts('a-token', { baseUrl: origin })]) {
      await assert.rejects(call, error => {
        assert.equal(error.code, 'ERR_TRADOVATE_PROTOCOL')
        assert.doesNotMatch(`${error.stack}${error.cause}`, /canary/)
        return true
      })
    }
  })

  it('for a list that ends too early, however long: an error', async () => {
    body = listOf(10_000).slice(0, -1)
    await assert.rejects(session.getAccounts(), { code: 'ERR_TRADOVATE_PROTOCOL' })
  })
})
