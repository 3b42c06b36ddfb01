// Bad input: refused by name before anything is sent, with the value nowhere in the error.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import tradovate from '../index.js'
import { baseUrl, CANARY, GOOD, long, ODD, table, upstream } from './input/refusal.mjs'
import './own-state.mjs'

const { getAccessToken, getAccounts, renewAccessToken, Session } = tradovate

const LONE = `${CANARY}\ud800`

let session

before(async () => {
  session = await Session.open(GOOD, { baseUrl })
})

after(() => session?.close())

test('the calls of this file do reach the server when nothing is wrong with them', async () => {
  await getAccessToken(GOOD, { baseUrl })
  assert.deepEqual(await getAccounts('t', { baseUrl: `${baseUrl}//`, environment: 'demo', timeoutMs: 2 ** 31 - 1 }), [])
  assert.deepEqual(await session.getAccounts({ timeoutMs: 5000, signal: new AbortController().signal }), [])
  assert.deepEqual(await session.request('GET', '/order/list', { query: { a: 1 } }), [])
  assert.equal(upstream.requests, 4)
})

test('credentials at their limits are sent as they are, each with its own type', async () => {
  for (const credentials of [
    { name: '😀'.repeat(64), password: 'ü'.repeat(64), cid: 0, sec: 's'.repeat(8192) },
    { name: ' ', password: '\t"\\', appId: '', appVersion: '1.0', deviceId: 'd'.repeat(64), cid: '0', sec: '' },
    { ...GOOD, cid: -(2 ** 53 - 1), sec: undefined },
  ]) {
    await getAccessToken(credentials, { baseUrl })
    assert.deepEqual(JSON.parse(upstream.lastBody), JSON.parse(JSON.stringify(credentials)))
  }
})

const badCredentials = [
  ['credentials', undefined],
  ['credentials', null],
  ['credentials', CANARY],
  ['credentials', [CANARY]],
  ['credentials.name', { password: CANARY }],
  ['credentials.name', { name: '', password: CANARY }],
  ['credentials.name', { name: long(65), password: 'p' }],
  ['credentials.name', { name: ODD, password: 'p' }],
  ['credentials.name', { name: `${CANARY}\n`, password: 'p' }],
  ['credentials.name', { name: LONE, password: 'p' }],
  ['credentials.password', { name: CANARY }],
  ['credentials.password', { name: 'n', password: '' }],
  ['credentials.password', { name: 'n', password: null, sec: CANARY }],
  ['credentials.password', { name: 'n', password: long(65) }],
  ['credentials.password', { name: 'n', password: `${CANARY}\r\n` }],
  ['credentials.password', { name: 'n', password: `${CANARY}\0` }],
  ['credentials.appId', { ...GOOD, appId: long(65) }],
  ['credentials.appVersion', { ...GOOD, appVersion: ODD }],
  ['credentials.deviceId', { ...GOOD, deviceId: long(65) }],
  ['credentials.cid', { ...GOOD, cid: ODD }],
  ['credentials.cid', { ...GOOD, cid: Number.NaN }],
  ['credentials.cid', { ...GOOD, cid: 2 ** 53 }],
  ['credentials.cid', { ...GOOD, cid: long(65) }],
  ['credentials.cid', { ...GOOD, cid: true }],
  ['credentials.sec', { ...GOOD, sec: long(8193) }],
  ['credentials.sec', { ...GOOD, sec: { CANARY } }],
  ['credentials.chl', { ...GOOD, chl: CANARY }],
  ['credentials.enc', { ...GOOD, enc: true }],
  ['credentials.environment', { ...GOOD, environment: 'demo' }],
  ['credentials.organization', { ...GOOD, organization: CANARY }],
  ['a field of credentials', { ...GOOD, [`${CANARY} in the wrong place`]: 1 }],
]

for (const [index, [field, credentials]] of badCredentials.entries()) {
  const name = `${field} (${index})`
  table('getAccessToken', [[field, () => getAccessToken(credentials, { baseUrl }), name]])
  table('Session.open', [[field, () => Session.open(credentials, { baseUrl }), name]])
  table('Session.open of a function', [[field, () => Session.open(async () => credentials, { baseUrl }), name]])
}

table('getAccessToken of a function', [['credentials', () => getAccessToken(() => GOOD, { baseUrl })]])

const badCallOptions = [
  ['options', null],
  ['options', CANARY],
  ['options.environment', { environment: CANARY }],
  ['options.environment', { environment: 'LIVE' }],
  ['options.timeoutMs', { timeoutMs: 0 }],
  ['options.timeoutMs', { timeoutMs: -1 }],
  ['options.timeoutMs', { timeoutMs: ODD }],
  ['options.timeoutMs', { timeoutMs: `${ODD}` }],
  ['options.timeoutMs', { timeoutMs: 2 ** 31 }],
  ['options.timeoutMs', { timeoutMs: Number.POSITIVE_INFINITY }],
  ['options.timeoutMs', { timeoutMs: null }],
  ['options.signal', { signal: CANARY }],
  ['options.signal', { signal: new AbortController() }],
  ['options.retries', { retries: ODD }],
]

const badBaseUrls = [
  ODD,
  '',
  CANARY,
  `/${CANARY}`,
  `ftp://${CANARY}.example`,
  `ws://127.0.0.1/${CANARY}`,
  `http://${CANARY}.example/v1`,
  `http://127.0.0.1.${CANARY}.example/v1`,
  `http://localhost.${CANARY}.example/v1`,
  `http://0.0.0.0/${CANARY}`,
  `http://[::2]/${CANARY}`,
  `https://name:${CANARY}@host.example/v1`,
  `https://@host.example/${CANARY}`,
  `https://host.example/v1?${CANARY}`,
  'https://host.example/v1?',
  `https://host.example/v1#${CANARY}`,
  `https:host.example/${CANARY}`,
  `https:\\\\host.example\\${CANARY}`,
  ` https://host.example/${CANARY}`,
  `https://host.example/${CANARY}\n`,
  `https://${CANARY}:99999/v1`,
]

const withUrl = options => (options && typeof options === 'object' ? { baseUrl, ...options } : options)
const everyBadCallOption = [
  ...badCallOptions.map(([field, options]) => [field, withUrl(options)]),
  ...badBaseUrls.map(url => ['options.baseUrl', { baseUrl: url }]),
]

for (const [index, [field]] of everyBadCallOption.entries()) {
  // The server's address is known only when the tests run.
  const options = () => withUrl(everyBadCallOption[index][1])
  const name = `${field} (${index})`
  table('getAccessToken', [[field, () => getAccessToken(GOOD, options()), name]])
  table('renewAccessToken', [[field, () => renewAccessToken('t', options()), name]])
  table('getAccounts', [[field, () => getAccounts('t', options()), name]])
  table('Session.open', [[field, () => Session.open(GOOD, options()), name]])
}

const badTokens = [undefined, null, '', ODD, long(8193), `${CANARY} b`, `${CANARY}\n`, `${CANARY}é`, { CANARY }]
for (const [index, token] of badTokens.entries()) {
  const name = `accessToken (${index})`
  table('renewAccessToken', [['accessToken', () => renewAccessToken(token, { baseUrl }), name]])
  table('getAccounts', [['accessToken', () => getAccounts(token, { baseUrl }), name]])
}

const REDIS = { type: 'redis', url: 'redis://localhost' }
const open = options => () => Session.open(GOOD, { baseUrl, ...options })
table('Session.open', [
  ['options.renewBeforeMs', open({ renewBeforeMs: 999 })],
  ['options.renewBeforeMs', open({ renewBeforeMs: ODD }), 'options.renewBeforeMs in parts'],
  ['options.store', open({ store: CANARY })],
  ['options.store', open({ store: null }), 'options.store null'],
  ['options.store.type', open({ store: { type: CANARY } })],
  ['options.store.type', open({ store: {} }), 'options.store.type missing'],
  ['options.store.url', open({ store: { type: 'file', url: CANARY } })],
  ['options.store.path', open({ store: { type: 'memory', path: CANARY } })],
  ['options.store.key', open({ store: { type: 'memory', key: CANARY } }), 'options.store.key of memory'],
  ['options.store.path', open({ store: { type: 'file', path: 7 } }), 'options.store.path a number'],
  ['options.store.path', open({ store: { type: 'file', path: '' } }), 'options.store.path empty'],
  ['options.store.path', open({ store: { type: 'file', path: `${CANARY}\0` } }), 'options.store.path with a null'],
  ['options.store.path', open({ store: { type: 'file', path: `${CANARY}\ud800` } }), 'options.store.path malformed'],
  ['options.store.url', open({ store: { type: 'redis' } }), 'options.store.url missing'],
  ['options.store.url', open({ store: { type: 'redis', url: CANARY } }), 'options.store.url no URL'],
  [
    'options.store.url',
    open({ store: { type: 'redis', url: `http://${CANARY}@localhost` } }),
    'options.store.url http',
  ],
  ['options.store.url', open({ store: { type: 'redis', url: `redis://:${CANARY}@` } }), 'options.store.url no host'],
  [
    'options.store.url',
    open({ store: { type: 'redis', url: `redis://localhost/${CANARY}` } }),
    'options.store.url path',
  ],
  ['options.store.url', open({ store: { type: 'redis', url: `rediss://${CANARY}@localhost#insecure` } }), 'insecure'],
  ['options.store.prefix', open({ store: { ...REDIS, prefix: 7 } })],
  ['options.store.prefix', open({ store: { ...REDIS, prefix: CANARY.repeat(100) } }), 'options.store.prefix too long'],
  ['options.store.prefix', open({ store: { ...REDIS, prefix: `${CANARY}\ud800` } }), 'options.store.prefix malformed'],
  ['options.store.key', open({ store: { ...REDIS, key: CANARY } }), 'options.store.key of redis'],
  ['options.store.path', open({ store: { ...REDIS, path: CANARY } }), 'options.store.path of redis'],
  ['options.store.key', open({ store: { type: 'file', key: CANARY } })],
  ['options.store.key', open({ store: { type: 'file', key: Buffer.from(CANARY) } }), 'options.store.key too short'],
  ['options.store.key', open({ store: { type: 'file', key: new Uint8Array(33) } }), 'options.store.key too long'],
  ['options.store.key', open({ store: { type: 'file', key: new Uint16Array(32) } }), 'options.store.key of words'],
  ['options.store.key', open({ store: { type: 'file', key: Array(32).fill(1) } }), 'options.store.key an array'],
  ['options.onEviction', open({ onEviction: CANARY })],
  ['options.maxLogins', open({ maxLogins: ODD })],
  ['options.maxLogins.count', open({ maxLogins: { count: 0, withinMs: 1000 } })],
  ['options.maxLogins.count', open({ maxLogins: { count: 101, withinMs: 1000 } }), 'options.maxLogins.count of 101'],
  ['options.maxLogins.withinMs', open({ maxLogins: { count: 1, withinMs: 999 } })],
  ['options.maxLogins.withinMs', open({ maxLogins: { count: 1 } }), 'options.maxLogins.withinMs missing'],
  ['options.maxLogins.each', open({ maxLogins: { count: 1, withinMs: 1000, each: ODD } })],
  ['options.keepProcessAlive', open({ keepProcessAlive: CANARY })],
  ['options.keepWarm', open({ keepWarm: CANARY })],
  ['options.renew', open({ renew: ODD })],
])

const badWaits = [
  ['options', null],
  ['options', CANARY],
  ['options.timeoutMs', { timeoutMs: ODD }],
  ['options.timeoutMs', { timeoutMs: 0 }],
  ['options.signal', { signal: CANARY }],
  ['options.environment', { environment: 'demo' }],
]
for (const [index, [field, options]] of badWaits.entries()) {
  table(`session, options (${index})`, [
    [field, () => session.getAccessToken(options), 'getAccessToken'],
    [field, () => session.renew(options), 'renew'],
    [field, () => session.resume(options), 'resume'],
    [field, () => session.getAccounts(options), 'getAccounts'],
    [field, () => session.getAccount(1, options), 'getAccount'],
    [field, () => session.getAccountsById([1], options), 'getAccountsById'],
    [field, () => session.findAccount('a', options), 'findAccount'],
    [field, () => session.suggestAccounts('a', 1, options), 'suggestAccounts'],
    [field, () => session.getAccountsOfUsers([1], options), 'getAccountsOfUsers'],
    [field, () => session.getCashBalance(1, options), 'getCashBalance'],
    [field, () => session.request('GET', 'a/b', options), 'request'],
  ])
}

for (const [index, id] of [undefined, null, 0, -1, ODD, `${CANARY}`, 2 ** 53, Number.NaN, 1n].entries()) {
  table(`session, ids (${index})`, [
    ['id', () => session.getAccount(id), 'getAccount'],
    ['ids[1]', () => session.getAccountsById([1, id]), 'getAccountsById'],
    ['userIds[0]', () => session.getAccountsOfUsers([id]), 'getAccountsOfUsers'],
    ['accountId', () => session.getCashBalance(id), 'getCashBalance'],
    ['limit', () => session.suggestAccounts('a', id), 'suggestAccounts'],
  ])
}

for (const [index, value] of [undefined, '', ODD, long(65), LONE, { CANARY }].entries()) {
  table(`session, texts (${index})`, [
    ['name', () => session.findAccount(value), 'findAccount'],
    ['text', () => session.suggestAccounts(value, 1), 'suggestAccounts'],
    ['purpose', () => session.host(value), 'host'],
    ['purpose', () => session.webSocket(value), 'webSocket'],
    ['ids', () => session.getAccountsById(value), 'getAccountsById'],
    ['userIds', () => session.getAccountsOfUsers(value), 'getAccountsOfUsers'],
  ])
}

table('session', [
  ['ids[0]', () => session.getAccountsById(new Array(2)), 'getAccountsById of holes'],
  ['purpose', () => session.host('toString'), 'host of an inherited name'],
  ['id', () => session.webSocket('live').authorize(-1), 'authorize'],
  ['id', () => session.webSocket('live').authorize(CANARY), 'authorize of a text'],
])

const badPaths = [
  undefined,
  '',
  '/',
  `//${CANARY}`,
  `${CANARY}//list`,
  `${CANARY}/`,
  `../${CANARY}`,
  `a/../${CANARY}`,
  `./${CANARY}`,
  'auth/./renewaccesstoken',
  `${CANARY}/list?a=1`,
  `${CANARY}#a`,
  `${CANARY} b`,
  `${CANARY}%2e`,
  `a\\${CANARY}`,
  `https://${CANARY}.example`,
  'auth/accesstokenrequest',
  '/auth/accessTokenRequest',
  'AUTH/RENEWACCESSTOKEN',
]
for (const [index, path] of badPaths.entries()) {
  table('request', [['path', () => session.request('GET', path), `path (${index})`]])
}

test('a path with /v1 is refused before anything is sent, and told what to leave out; fetch takes one', async () => {
  for (const path of ['/v1/account/list', 'v1/account/list', 'V1/account/list', 'v1']) {
    await assert.rejects(session.request('GET', path), {
      code: 'ERR_TRADOVATE_CONFIG',
      outcome: 'not-sent',
      message: /^path must be an endpoint like 'account\/list': .*; leave out \/v1$/,
    })
  }
  const response = await session.fetch('/v1/account/list')
  assert.equal(response.status, 200)
})

test('a store that is no object is told what one is', async () => {
  await assert.rejects(Session.open({ name: 'n', password: 'p' }, { store: 'memory' }), {
    message: "options.store must be an object such as { type: 'memory' }",
  })
})

class Query {
  get id() {
    return CANARY
  }
}
const cycle = { CANARY }
cycle.cycle = cycle
const get = options => () => session.request('GET', 'a/b', options)
const post = body => () => session.request('POST', 'a/b', { body })
table('request', [
  ['method', () => session.request('PUT', 'a/b')],
  ['method', () => session.request('get', 'a/b'), 'method in small letters'],
  ['options.query', get({ query: CANARY })],
  ['options.query', get({ query: [CANARY] }), 'options.query as a list'],
  ['options.query', get({ query: new Map([['id', CANARY]]) }), 'options.query as a map'],
  ['options.query', get({ query: new URLSearchParams({ id: CANARY }) }), 'options.query as search parameters'],
  ['options.query', get({ query: new Query() }), 'options.query of a class'],
  ['options.query', get({ query: Object.create({ id: CANARY }) }), 'options.query with inherited fields'],
  ['options', get(new Map([['purpose', 'demo']])), 'options as a map'],
  ['options.query.a', get({ query: { a: [CANARY] } })],
  ['options.query.a', get({ query: { a: [] } }), 'options.query.a an empty list'],
  ['options.query.a', get({ query: { a: [1, Number.NaN] } }), 'options.query.a a list not all finite'],
  ['options.query.a', get({ query: { a: [1, [2]] } }), 'options.query.a a list in a list'],
  ['options.query.a', get({ query: { a: new Array(2) } }), 'options.query.a a list of holes'],
  ['options.query.a', get({ query: { a: undefined } }), 'options.query.a undefined'],
  ['options.query.a', get({ query: { a: Number.NaN } }), 'options.query.a not finite'],
  ['options.query.a', get({ query: { a: LONE } }), 'options.query.a with half a character'],
  ['a field of options.query', get({ query: { [LONE]: 1 } })],
  ['options.purpose', get({ purpose: CANARY })],
  ['options.headers', get({ headers: { CANARY } })],
  ['options.body', get({ body: CANARY }), 'options.body with GET'],
  ['options.body', post(cycle), 'options.body with a cycle'],
  ['options.body', post({ CANARY: 1n }), 'options.body with a BigInt'],
  ['options.body', post(() => CANARY), 'options.body as a function'],
  ['options.body', post(Symbol(CANARY)), 'options.body as a symbol'],
  ['options.body must be a finite', post(Number.NaN)],
  ['options.body.price must be a finite', post({ symbol: CANARY, price: Number.NaN })],
  ['options.body.price must be a finite', post({ price: -Infinity }), 'options.body.price below all numbers'],
  ['options.body.other.stopPrice must be a finite', post({ price: null, other: { a: {}, stopPrice: Infinity } })],
  ['options.body.legs[1].price must be a finite', post({ legs: [{ price: 1 }, { price: Number.NaN }] })],
  ['options.body.price must be a finite', post({ price: new Number(Number.NaN) }), 'options.body.price boxed'],
  ['options.body.ids[2] must be a finite', post({ ids: [1, [2], Number.NaN] })],
  ['a field of options.body must be a finite', post({ [LONE]: { price: 1 }, [`${CANARY}-`.repeat(20)]: Number.NaN })],
  ['options.body.order.price must be a finite', post({ order: { toJSON: () => ({ price: Number.NaN }) } })],
  [
    'options.body',
    post({
      toJSON() {
        throw new Error(CANARY)
      },
    }),
    'options.body that throws',
  ],
  ['options.body', post(onceThenThrows()), 'options.body that throws when it is looked at again'],
])

function onceThenThrows() {
  let isSecond = false
  return {
    toJSON() {
      if (isSecond) throw new Error(CANARY)
      isSecond = true
      return null
    },
  }
}

test('a body is sent with its nulls, and without what is not finite but no field of it', async () => {
  const bodies = [null, { price: null, text: 'null' }, { a: [null, { b: null }] }, { left: undefined }]
  for (const body of bodies) {
    await session.request('POST', 'a/b', { body })
    assert.deepEqual(JSON.parse(upstream.lastBody), JSON.parse(JSON.stringify(body)))
  }
  const hidden = Object.defineProperty({ price: null }, 'stopPrice', { value: Number.NaN, enumerable: false })
  await session.request('POST', 'a/b', { body: hidden })
  assert.equal(upstream.lastBody, '{"price":null}')
})
