// What the sandbox takes and answers is what Tradovate documents: the calls, their fields, the fields' types, none missing and none of
// its own.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { caller, login, trader } from './sandbox/client.mjs'
import { entities, enums, faultsOf, operations } from './sandbox/facts.mjs'

const require = createRequire(import.meta.url)
const { TRADING } = require('../sandbox/trading/endpoints.js')
const { NESTED, RULES } = require('../sandbox/trading/requests.js')

/** What the sandbox leaves out of the kinds of entities that it has. */
const LEFT_OUT = [
  'account/resetdemoaccountstate',
  'contract/getproductfeeparams',
  'contract/rollcontract',
  'contract/rollcontracts',
  'orderStrategy/modifyorderstrategy',
]

/** On the wire without being in the document. */
const UNDOCUMENTED = ['hasMarketData', 'outdatedTaC', 'orgName']

const paths = Object.keys(operations).map(operation => operation.split(' ')[1])
const operationAt = path => operations[`GET ${path}`] ?? operations[`POST ${path}`]

const POSTED = Object.keys(TRADING)
  .filter(path => operations[`POST ${path}`] !== undefined)
  .sort()

const pluralOf = kind => (kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`)

const TARGET = { action: 'Sell', orderType: 'Limit', price: 6050 }
const STOP = { action: 'Sell', orderType: 'Stop', stopPrice: 5950, timeInForce: 'GTC' }
const PARAMS = JSON.stringify({
  entryVersion: { orderQty: 1, orderType: 'Market' },
  brackets: [{ qty: 1, profitTarget: 20, stopLoss: -20, trailingStop: true }],
})

/** A day on which every kind of entity, and every kind of answer to an order, comes up. */
async function busyDay(t) {
  const user = await trader(t)
  const { clock, sandbox, post, order } = user
  const answers = []
  const asked = async (path, body) => {
    const answer = await post(path, body)
    answers.push([path, answer])
    return answer
  }
  const far = { ...order({ orderType: 'Limit', price: 5900 }), text: 'note', maxShow: 1 }
  const { orderId } = await asked('order/placeorder', { ...far, clOrdId: 'a', customTag50: 'b', isAutomated: true })
  await asked('order/modifyorder', { orderId, orderQty: 2, orderType: 'Limit', price: 5901 })
  await asked('order/cancelorder', { orderId })
  await asked('order/cancelorder', { orderId })
  await asked('order/placeorder', { ...far, timeInForce: 'GTD', expireTime: '2026-11-30T16:00:00Z' })
  await asked('order/placeorder', order({ orderType: 'Stop', stopPrice: 5990 }))
  await asked('order/placeorder', order({ orderQty: 0 }))
  await asked('order/placeorder', order({ accountId: 1 }))
  await asked('order/placeoco', { ...order(TARGET), other: STOP })
  await asked('order/placeoco', { ...order(TARGET), other: { ...STOP, stopPrice: undefined } })
  await asked('order/placeoso', { ...order({ orderQty: 2 }), bracket1: TARGET, bracket2: STOP })
  await asked('order/placeoso', { ...order({ accountId: 1 }), bracket1: TARGET })
  const strategy = { accountId: 7, symbol: 'ESZ6', action: 'Buy', orderStrategyTypeId: 2, params: PARAMS, uuid: 'u' }
  const { orderStrategy } = await asked('orderStrategy/startorderstrategy', strategy)
  await asked('orderStrategy/startorderstrategy', { ...strategy, params: '' })
  await asked('orderStrategy/interruptorderstrategy', { orderStrategyId: orderStrategy.id })
  await asked('orderStrategy/interruptorderstrategy', { orderStrategyId: orderStrategy.id })
  sandbox.movePrice('MESZ6', 6050)
  clock.now += 86_400_000
  const positions = await user.get('position/list')
  const liquidation = { accountId: 7, contractId: positions[0].contractId, admin: false }
  await asked('order/liquidateposition', liquidation)
  await asked('order/liquidateposition', liquidation)
  await asked('order/liquidatepositions', { positions: positions.map(({ id }) => id), admin: false })
  await asked('order/liquidatepositions', { positions: [1], admin: false })
  await asked('cashBalance/getcashbalancesnapshot', { accountId: 7 })
  await asked('cashBalance/getcashbalancesnapshot', { accountId: 1 })
  await asked('user/syncrequest', { users: [1001] })
  return { ...user, answers }
}

/** The field of an entity that names its master, as the table of the endpoints has it. */
const MASTERS = {
  account: 'userId',
  command: 'orderId',
  commandReport: 'commandId',
  contract: 'contractMaturityId',
  contractMaturity: 'productId',
  executionReport: 'commandId',
  fill: 'orderId',
  fillPair: 'positionId',
  orderStrategyLink: 'orderStrategyId',
  orderVersion: 'orderId',
  product: 'exchangeId',
}

/** A query for each call of a kind, made from one of its entities. */
function queryOf(kind, verb, { id, name, ...entity }) {
  const master = entity[MASTERS[kind] ?? 'accountId']
  const queries = {
    list: '',
    item: `id=${id}`,
    items: `ids=${id}`,
    deps: `masterid=${master}`,
    ldeps: `masterids=${master}`,
    find: `name=${kind === 'position' ? 'MESZ6' : name}`,
    suggest: `t=${name}&l=3`,
  }
  return queries[verb]
}

describe('the calls', () => {
  it('are those that Tradovate documents', () => {
    assert.deepEqual(
      Object.keys(TRADING).filter(path => !paths.includes(path)),
      [],
    )
  })

  it('are all that it documents for the same kinds of entities, but for five', () => {
    const kinds = new Set(Object.keys(TRADING).map(path => path.split('/')[0]))
    kinds.delete('user')
    const wanted = paths.filter(path => kinds.has(path.split('/')[0]))
    assert.deepEqual(wanted.filter(path => !(path in TRADING)).sort(), LEFT_OUT)
  })
})

describe('every call', () => {
  const statusesOf = async ({ call }) => {
    const answers = await Promise.all(Object.keys(TRADING).map(path => call(path, { method: 'POST', body: '{}' })))
    return [...new Set(answers.map(({ status }) => status))]
  }

  it('stands behind the token, the permissions and the faults', async t => {
    const user = await trader(t)
    assert.deepEqual(await statusesOf(caller(user.sandbox, 'none')), [401])
    user.sandbox.deny('*')
    assert.deepEqual(await statusesOf(user), [401])
    assert.equal(user.sandbox.log.at(-1).outcome, 'denied')
    user.sandbox.allow('*')
    user.sandbox.inject({ endpoint: 'any', status: 503, times: Number.POSITIVE_INFINITY })
    assert.deepEqual(await statusesOf(user), [503])
    user.sandbox.clearFaults()
    assert.deepEqual((await statusesOf(user)).sort(), [200, 400])
  })
})

describe('the answers', () => {
  it('to every call about entities', async t => {
    const { get, call } = await busyDay(t)
    const sync = await get('user/syncrequest')
    const entityOf = kind =>
      sync[Object.keys(sync).find(list => list.toLowerCase() === pluralOf(kind).toLowerCase())]?.[0]
    let checked = 0
    for (const path of Object.keys(TRADING)) {
      const [kind, verb] = path.split('/')
      const { answer: type, query } = operationAt(path)
      if (query === undefined && verb !== 'list') continue
      const some = entityOf(kind) ?? (await get(`${kind}/deps?masterid=7`))[0]
      assert.ok(some, `there is no ${kind}`)
      const response = await call(`${path}?${queryOf(kind, verb, some)}`)
      assert.equal(response.status, 200, path)
      const answer = await response.json()
      if (type.endsWith('[]')) assert.ok(answer.length > 0, path)
      assert.deepEqual(faultsOf(answer, type), [], path)
      checked += 1
    }
    assert.equal(checked, Object.values(TRADING).length - POSTED.length)
  })

  it('to all that is posted, refusals too', async t => {
    const { answers } = await busyDay(t)
    assert.deepEqual([...new Set(answers.map(([path]) => path))].sort(), POSTED)
    for (const [path, answer] of answers) assert.deepEqual(faultsOf(answer, operationAt(path).answer), [], path)
    const texts = answers.map(([, { failureText, errorText }]) => failureText ?? errorText)
    assert.equal(texts.filter(Boolean).length, 9)
  })

  it('to logins, renewals and auth/me', async t => {
    const { sandbox, get } = await trader(t)
    const tokens = [await login(sandbox), await get('auth/renewaccesstoken')]
    for (const token of tokens) {
      for (const name of UNDOCUMENTED) delete token[name]
      assert.deepEqual(faultsOf(token, 'AccessTokenResponse'), [])
    }
    assert.deepEqual(faultsOf(await get('auth/me'), 'OAuthMeResponse'), [])
  })
})

describe('the requests', () => {
  const BODIES = {
    place: 'PlaceOrder',
    placeOco: 'PlaceOCO',
    placeOso: 'PlaceOSO',
    cancel: 'CancelOrder',
    modify: 'ModifyOrder',
    liquidate: 'LiquidatePosition',
    liquidateAll: 'LiquidatePositions',
    startStrategy: 'StartOrderStrategy',
    interruptStrategy: 'InterruptOrderStrategy',
    nested: 'RestrainedOrderVersion',
  }
  const typeOf = ({ types: [type] = ['string'] }) => type
  const documentedType = type =>
    ({ integer: 'number', number: 'number', string: 'string', boolean: 'boolean' })[type] ?? 'object'

  for (const [name, entity] of Object.entries(BODIES)) {
    it(`${entity}: the same fields, types, limits and enums`, () => {
      const rules = name === 'nested' ? NESTED : RULES[name]
      const wanted = Object.entries(entities[entity]).map(
        ([field, { type, required = false, maxLength, enum: list }]) => {
          return [field, documentedType(type), required, type === 'string' && list ? enums[list] : (maxLength ?? null)]
        },
      )
      const own = Object.entries(rules).map(([field, rule]) => {
        const isTime = entities[entity][field]?.format === 'date-time'
        return [field, typeOf(rule), rule.required ?? false, rule.oneOf ?? (isTime ? null : (rule.longest ?? null))]
      })
      assert.deepEqual(own.sort(), wanted.sort())
    })
  }
})

it('the check of the facts finds what is missing, unknown or of another type', () => {
  const fill = { id: 1.5, orderId: 2 ** 60, timestamp: 'now', tradeDate: {}, action: 'Hold', price: '5', more: 1 }
  assert.deepEqual(faultsOf([fill], 'Fill[]'), [
    'Fill[][0].contractId is missing',
    'Fill[][0].qty is missing',
    'Fill[][0].active is missing',
    'Fill[][0].finallyPaired is missing',
    'Fill[][0].more is not documented',
    'Fill[][0].id is 1.5, no integer',
    'Fill[][0].orderId is 1152921504606847000, no integer',
    'Fill[][0].timestamp is "now", no string',
    'Fill[][0].tradeDate.year is missing',
    'Fill[][0].tradeDate.month is missing',
    'Fill[][0].tradeDate.day is missing',
    'Fill[][0].action is "Hold", no string',
    'Fill[][0].price is "5", no number',
  ])
})
