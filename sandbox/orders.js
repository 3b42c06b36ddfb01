'use strict'
// Orders as Tradovate tells of them: the order, its version (quantity, type, price) and its commands (clOrdId). None is filled.

const answers = require('./answers.js')
const { callsOf } = require('./entities.js')
const { readFields } = require('./validation.js')

const FIRST_ORDER_ID = 900_001
const FIRST_VERSION_ID = 920_001
const FIRST_COMMAND_ID = 940_001
const FIRST_CONTRACT_ID = 960_001
const CONTRACT_MATURITY_ID = 1
const EXECUTION_PROVIDER_ID = 2
const DENIED = 'Access is denied'

const ORDER_FIELDS = {
  accountId: { types: ['number'] },
  accountSpec: { longest: 64 },
  clOrdId: { longest: 64 },
  action: { required: true },
  symbol: { required: true, longest: 64 },
  orderQty: { required: true, types: ['number'] },
  orderType: { required: true },
  price: { types: ['number'] },
  stopPrice: { types: ['number'] },
  timeInForce: {},
  text: { longest: 64 },
}
const CANCEL_FIELDS = { orderId: { required: true, types: ['number'] }, clOrdId: { longest: 64 } }

const PRICED = ['Limit', 'StopLimit']
const STOPPED = ['Stop', 'StopLimit']

/** Without the fields that are undefined. */
const given = fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** What the orders of all users share: their ids, and the contracts that were named so far. */
class OrderBook {
  #orders = 0
  #commands = 0
  #contracts = new Map()

  /** The records of a new order of a user. */
  open(accountId, { symbol, action, clOrdId, orderQty, orderType, price, stopPrice, timeInForce, text }, timestamp) {
    const id = FIRST_ORDER_ID + this.#orders
    const version = { id: FIRST_VERSION_ID + this.#orders, orderId: id, orderQty, orderType }
    this.#orders += 1
    return {
      order: {
        id,
        accountId,
        contractId: this.contract(symbol).id,
        timestamp,
        action,
        ordStatus: 'Working',
        executionProviderId: EXECUTION_PROVIDER_ID,
        admin: false,
      },
      version: { ...version, ...given({ price, stopPrice, timeInForce, text }) },
      commands: [this.command('New', id, clOrdId, timestamp)],
    }
  }

  command(commandType, orderId, clOrdId, timestamp) {
    const id = FIRST_COMMAND_ID + this.#commands
    this.#commands += 1
    return { id, orderId, timestamp, ...given({ clOrdId }), commandType, commandStatus: 'AtExecution' }
  }

  /** Every name is a contract here; it gets its id when it is named first. */
  contract(name) {
    if (!this.#contracts.has(name)) {
      const id = FIRST_CONTRACT_ID + this.#contracts.size
      this.#contracts.set(name, { id, name, contractMaturityId: CONTRACT_MATURITY_ID })
    }
    return this.#contracts.get(name)
  }

  get contracts() {
    return [...this.#contracts.values()]
  }
}

function accountOf(user, { accountId, accountSpec }) {
  return accountId === undefined ? user.accounts.find(({ name }) => name === accountSpec) : user.account(accountId)
}

/** Why an order cannot be placed; undefined if it can. */
function refusalOf({ orderQty, orderType, price, stopPrice }) {
  if (!(Number.isInteger(orderQty) && orderQty > 0)) return ['UnknownReason', 'Invalid order quantity']
  const isPriced = !PRICED.includes(orderType) || price !== undefined
  if (!isPriced || (STOPPED.includes(orderType) && stopPrice === undefined)) return ['InvalidPrice', 'Invalid price']
  return undefined
}

const timestampOf = sandbox => new Date(sandbox.clock()).toISOString()

function place(call, sandbox) {
  const { fields, found } = readFields(call, ORDER_FIELDS)
  if (found.length > 0) return answers.violations(found)
  const account = accountOf(call.user, fields)
  if (account === undefined) return answers.failure('UnknownReason', DENIED)
  const refusal = refusalOf(fields)
  if (refusal !== undefined) return answers.failure(...refusal)
  const placed = sandbox.orders.open(account.id, fields, timestampOf(sandbox))
  call.user.place(placed)
  return answers.json({ orderId: placed.order.id })
}

function cancel(call, sandbox) {
  const { fields, found } = readFields(call, CANCEL_FIELDS)
  if (found.length > 0) return answers.violations(found)
  const placed = call.user.orders.find(({ order }) => order.id === fields.orderId)
  if (placed === undefined) return answers.failure('UnknownReason', DENIED)
  if (placed.order.ordStatus !== 'Working') return answers.failure('TooLate', 'Order is already completed')
  const command = sandbox.orders.command('Cancel', fields.orderId, fields.clOrdId, timestampOf(sandbox))
  placed.commands.push(command)
  placed.order = { ...placed.order, ordStatus: 'Canceled' }
  return answers.json({ commandId: command.id })
}

function findContract(call, sandbox) {
  const name = call.parameter('name')
  return name ? answers.json(sandbox.orders.contract(name)) : answers.badParameter('name')
}

const orders = callsOf(({ user }) => user.orders.map(({ order }) => order), 'accountId')
const versions = callsOf(({ user }) => user.orders.map(({ version }) => version), 'orderId')
const commands = callsOf(({ user }) => user.orders.flatMap(({ commands }) => commands), 'orderId')
const contracts = { ...callsOf((_call, sandbox) => sandbox.orders.contracts, 'contractMaturityId'), find: findContract }
const none = callsOf(() => [], 'accountId')

module.exports = { OrderBook, cancel, commands, contracts, none, orders, place, versions }
