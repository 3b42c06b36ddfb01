'use strict'
// The endpoints that place, change and end orders.

const answers = require('../answers.js')
const { NO_ACTIVATION, RULES, readRequest, refusalOf } = require('./requests.js')

const DENIED = ['UnknownReason', 'Access is denied']
const NO_CONTRACT = ['InvalidContract', 'Contract not found']
const CLOSED = ['AccountClosed', 'Account is closed']
const COMPLETED = ['TooLate', 'Order is already completed']

function accountOf(user, { accountId, accountSpec }) {
  return accountId === undefined ? user.accounts.find(({ name }) => name === accountSpec) : user.account(accountId)
}

/** The account and the contract that an order names, or the reason for which it is refused. */
function placeOf(user, fields, { contracts }) {
  const account = accountOf(user, fields)
  if (account === undefined) return { refusal: DENIED }
  if (account.active === false || account.closed === true) return { refusal: CLOSED }
  const contract = contracts.named(fields.symbol)
  return contract === undefined ? { refusal: NO_CONTRACT } : { accountId: account.id, contract }
}

/** Reads what places orders and gives it to `act({ accountId, contract, request }, ...others)`, one for each further order. */
const placing = (rules, nested, act) => (call, sandbox) => {
  const { fields, found } = readRequest(call, rules, nested)
  if (found.length > 0) return answers.violations(found)
  const { refusal: denial, ...place } = placeOf(call.user, fields, sandbox.trading)
  if (denial !== undefined) return answers.failure(...denial)
  const others = nested.filter(name => fields[name] !== undefined).map(name => fields[name])
  const requests = [fields, ...others.map(other => ({ ...other, orderQty: fields.orderQty }))]
  const { now } = sandbox.trading
  const refusal = requests.map(request => refusalOf(request, place.contract.product, now)).find(Boolean)
  if (refusal !== undefined) return answers.failure(...refusal)
  return answers.json(act(sandbox.trading, { ...place, request: fields }, ...requests.slice(1)))
}

const place = placing(RULES.place, [], (trading, order) => ({ orderId: trading.place(order).id }))

const placeOco = placing(RULES.placeOco, ['other'], (trading, order, other) => {
  const [one, two] = trading.placeOco(order, other)
  return { orderId: one.id, ocoId: two.id }
})

const placeOso = placing(RULES.placeOso, ['bracket1', 'bracket2'], (trading, order, ...brackets) => {
  const [parent, one, two] = trading.placeOso(order, brackets)
  return { orderId: parent.id, oso1Id: one.id, ...(two !== undefined && { oso2Id: two.id }) }
})

/** The caller's order of an id. */
function recordOf({ user }, orderId, trading) {
  const books = user.accounts.map(({ id }) => trading.book(id))
  return books.map(({ records }) => records.get(orderId)).find(Boolean)
}

/** Reads what changes an order and gives it to `act(trading, record, fields)`, which gives the command or a refusal. */
const changing = (rules, act) => (call, sandbox) => {
  const { fields, found } = readRequest(call, rules)
  if (found.length > 0) return answers.violations(found)
  const record = recordOf(call, fields.orderId, sandbox.trading)
  if (record === undefined) return answers.failure(...DENIED)
  if (!record.isOpen) return answers.failure(...COMPLETED)
  if (fields.activationTime !== undefined) return answers.failure(...NO_ACTIVATION)
  const { command, refusal } = act(sandbox.trading, record, fields)
  return refusal === undefined ? answers.json({ commandId: command.id }) : answers.failure(...refusal)
}

const cancel = changing(RULES.cancel, (trading, record, fields) => ({ command: trading.cancel(record, fields) }))

const modify = changing(RULES.modify, (trading, record, fields) => {
  const refusal = refusalOf(fields, record.contract.product, trading.now)
  return refusal === undefined ? { command: trading.modify(record, fields) } : { refusal }
})

function liquidate(call, { trading }) {
  const { fields, found } = readRequest(call, RULES.liquidate)
  if (found.length > 0) return answers.violations(found)
  const account = call.user.account(fields.accountId)
  if (account === undefined) return answers.failure(...DENIED)
  const contract = trading.contracts.withId(fields.contractId)
  if (contract === undefined) return answers.failure(...NO_CONTRACT)
  const record = trading.liquidate(account.id, contract, fields)
  return answers.json(record === undefined ? {} : { orderId: record.id })
}

function liquidateAll(call, { trading }) {
  const { fields, found } = readRequest(call, RULES.liquidateAll)
  if (found.length > 0) return answers.violations(found)
  if (!Array.isArray(fields.positions)) return answers.badParameter('positions')
  const held = call.user.accounts.flatMap(({ id }) => [...trading.book(id).positions.values()])
  const wanted = fields.positions.map(id => held.find(({ entity }) => entity.id === id)?.entity)
  if (wanted.includes(undefined)) return answers.json({ ok: false, errorText: 'Position not found' }, 'errorText')
  for (const { accountId, contractId } of wanted) {
    trading.liquidate(accountId, trading.contracts.withId(contractId), fields)
  }
  return answers.json({ ok: true })
}

module.exports = { cancel, liquidate, liquidateAll, modify, place, placeOco, placeOf, placeOso }
