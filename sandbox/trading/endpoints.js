'use strict'
// The endpoints of accounts and of trading, with the calls that Tradovate documents for each kind of entity.

const answers = require('../answers.js')
const { callsOf, find } = require('../entities.js')
const { readFields } = require('../validation.js')
const strategies = require('./order-strategies.js')
const orders = require('./orders.js')
const { sync } = require('./sync.js')
const { VIEWS } = require('./views.js')

const ALL = ['list', 'item', 'items']
const OWNED = [...ALL, 'deps', 'ldeps']
const NAMED = [...ALL, 'find', 'suggest']

/** For each kind: its calls, and the field by which `deps` and `ldeps` find entities. */
const KINDS = {
  account: [[...OWNED, 'find', 'suggest'], 'userId'],
  cashBalance: [OWNED, 'accountId'],
  cashBalanceLog: [['item', 'items', 'deps', 'ldeps'], 'accountId'],
  command: [OWNED, 'orderId'],
  commandReport: [OWNED, 'commandId'],
  contract: [['item', 'items', 'deps', 'ldeps', 'find', 'suggest'], 'contractMaturityId'],
  contractGroup: [NAMED],
  contractMaturity: [['item', 'items', 'deps', 'ldeps'], 'productId'],
  currency: [NAMED],
  exchange: [NAMED],
  executionReport: [[...OWNED, 'find'], 'commandId'],
  fill: [OWNED, 'orderId'],
  fillPair: [OWNED, 'positionId'],
  order: [OWNED, 'accountId'],
  orderStrategy: [OWNED, 'accountId'],
  orderStrategyLink: [OWNED, 'orderStrategyId'],
  orderStrategyType: [NAMED],
  orderVersion: [OWNED, 'orderId'],
  position: [[...OWNED, 'find'], 'accountId'],
  product: [[...OWNED, 'find', 'suggest'], 'exchangeId'],
}

/** A month that nobody has named yet is a contract all the same. */
function findContract(call, { trading }) {
  const name = call.parameter('name')
  return name ? answers.found(trading.contracts.named(name)?.entity) : answers.badParameter('name')
}

/** A position has no name: it is found by that of its contract. */
const findPosition = find((name, { trading }) => {
  const id = trading.contracts.named(name)?.id
  return ({ contractId }) => contractId === id
}, VIEWS.position)

function cashBalanceSnapshot(call, { trading }) {
  const { fields, found } = readFields(call, { accountId: { required: true, types: ['number'] } })
  if (found.length > 0) return answers.violations(found)
  if (call.user.account(fields.accountId) === undefined) return answers.errorText('Account not found')
  return answers.json(trading.snapshot(fields.accountId))
}

function callsOfKind([kind, [verbs, master]]) {
  const calls = callsOf(VIEWS[kind], { master, isNamed: true })
  return verbs.map(verb => [`${kind}/${verb}`, calls[verb]])
}

const CALLS = {
  ...Object.fromEntries(Object.entries(KINDS).flatMap(callsOfKind)),
  'cashBalance/getcashbalancesnapshot': cashBalanceSnapshot,
  'contract/find': findContract,
  'order/cancelorder': orders.cancel,
  'order/liquidateposition': orders.liquidate,
  'order/liquidatepositions': orders.liquidateAll,
  'order/modifyorder': orders.modify,
  'order/placeoco': orders.placeOco,
  'order/placeorder': orders.place,
  'order/placeoso': orders.placeOso,
  'orderStrategy/interruptorderstrategy': strategies.interrupt,
  'orderStrategy/startorderstrategy': strategies.start,
  'position/find': findPosition,
  'user/syncrequest': sync,
}

/** Before a call is carried out, all that is due has happened. */
const upToDate = carryOut => (call, sandbox) => {
  sandbox.trading.advance()
  return carryOut(call, sandbox)
}

/** By their paths, as Tradovate spells them. */
const TRADING = Object.fromEntries(Object.entries(CALLS).map(([path, carryOut]) => [path, upToDate(carryOut)]))

module.exports = { TRADING }
