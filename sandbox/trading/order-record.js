'use strict'
// One order as Tradovate tells of it: the order itself (its status), its versions (quantity, type, prices), its commands (clOrdId),
// and the reports of what became of them.

const { endOfTradeDay, timestampOf, tradeDateOf } = require('./trade-date.js')

const EXECUTION_PROVIDER_ID = 2
const OPEN = ['PendingNew', 'Suspended', 'Working']
const PRICED = ['Limit', 'StopLimit']

/** Without the fields that are undefined. */
const given = fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** What the matching needs of an order, in ticks. */
function termsOf(product, action, { orderType, price, stopPrice, pegDifference }) {
  const trails = orderType === 'TrailingStop' && pegDifference !== undefined
  return given({
    action,
    orderType,
    limit: PRICED.includes(orderType) ? product.ticksOf(price) : undefined,
    stop: orderType === 'Market' || orderType === 'Limit' ? undefined : product.ticksOf(stopPrice),
    distance: trails ? Math.abs(product.ticksOf(pegDifference)) : undefined,
  })
}

function expiryOf({ timeInForce, expireTime }, at) {
  if (timeInForce === 'GTC') return Number.POSITIVE_INFINITY
  return timeInForce === 'GTD' ? Date.parse(expireTime) : endOfTradeDay(at)
}

class OrderRecord {
  versions = []
  commands = []
  commandReports = []
  executionReports = []
  /** The order that is cancelled when this one is filled. */
  oco
  /** The orders that wait for this one to be filled. */
  children = []
  #ids
  #cumQty = 0
  #avgPx

  /** `links` are the fields by which the order entity names others; `strategy` is told what becomes of the order. */
  constructor(ids, { accountId, contract, request, at, links = {}, admin = false, strategy }) {
    this.#ids = ids
    this.accountId = accountId
    this.contract = contract
    this.strategy = strategy
    this.order = {
      id: ids.next('order'),
      accountId,
      contractId: contract.id,
      timestamp: timestampOf(at),
      action: request.action,
      ordStatus: 'PendingNew',
      executionProviderId: EXECUTION_PROVIDER_ID,
      ...links,
      admin,
    }
    this.#command('New', request, at)
    this.#adopt(request, at)
  }

  get id() {
    return this.order.id
  }

  get status() {
    return this.order.ordStatus
  }

  get isOpen() {
    return OPEN.includes(this.status)
  }

  get version() {
    return this.versions.at(-1)
  }

  link(links) {
    this.order = { ...this.order, ...links }
  }

  /** It waits for its parent. */
  suspend(at) {
    this.#settle(this.commands[0], 'ExecutionSuspended', 'Suspended', at)
    this.#report(this.commands[0], 'Suspended', at)
  }

  /** It is at the exchange. */
  accept(at) {
    this.expiresAt = expiryOf(this.version, at)
    this.#settle(this.commands[0], 'AtExecution', 'Working', at)
    this.#report(this.commands[0], 'New', at)
  }

  /** The exchange refuses it after Tradovate took it. */
  reject(rejectReason, text, at) {
    this.#settle(this.commands[0], 'ExecutionRejected', 'Rejected', at, { rejectReason, text })
    this.#report(this.commands[0], 'Rejected', at, { rejectReason, text })
  }

  fill(price, at) {
    const { orderQty } = this.version
    this.#cumQty += orderQty
    this.#avgPx = price
    this.order = { ...this.order, ordStatus: 'Filled' }
    this.#report(this.#lastWithTerms, 'Trade', at, { lastQty: orderQty, lastPx: price })
  }

  /** Ends it as `Canceled` or `Expired`, by a command if somebody asked for that. */
  end(ordStatus, at, command) {
    if (command === undefined) this.order = { ...this.order, ordStatus }
    else this.#settle(command, 'AtExecution', ordStatus, at)
    this.#report(command ?? this.#lastWithTerms, ordStatus, at)
  }

  cancelCommand(request, at) {
    return this.#command('Cancel', request, at)
  }

  /** Gives it other terms, and the expiry that they tell. */
  replace(request, at) {
    const command = this.#command('Modify', request, at)
    this.#adopt(request, at)
    this.#settle(command, 'AtExecution', this.status, at)
    this.#report(command, 'Replaced', at)
    return command
  }

  /** The exchange refuses other terms: the old ones stay. */
  rejectReplacement(request, rejectReason, text, at) {
    const command = this.#command('Modify', request, at)
    this.#settle(command, 'ExecutionRejected', this.status, at, { rejectReason, text })
    this.#report(command, 'Rejected', at, { rejectReason, text })
    return command
  }

  /** The terms that it would have by a request. */
  termsBy(request) {
    return termsOf(this.contract.product, this.order.action, request)
  }

  #adopt(request, at) {
    const { orderQty, orderType, price, stopPrice, maxShow, pegDifference, timeInForce, expireTime, text } = request
    const fields = { orderQty, orderType, price, stopPrice, maxShow, pegDifference, timeInForce, expireTime, text }
    this.versions.push({ id: this.commands.at(-1).id, orderId: this.id, ...given(fields) })
    this.terms = this.termsBy(request)
    this.expiresAt = expiryOf(request, at)
  }

  #command(commandType, { clOrdId, customTag50, isAutomated }, at) {
    const id = this.#ids.next('command')
    const told = given({ clOrdId, customTag50, isAutomated })
    const timestamp = timestampOf(at)
    this.commands.push({ id, orderId: this.id, timestamp, ...told, commandType, commandStatus: 'Pending' })
    return this.commands.at(-1)
  }

  get #lastWithTerms() {
    const { id } = this.version
    return this.commands.find(command => command.id === id)
  }

  #settle({ id }, commandStatus, ordStatus, at, refusal = {}) {
    this.commands = this.commands.map(command => (command.id === id ? { ...command, commandStatus } : command))
    this.order = { ...this.order, ordStatus }
    const report = { commandId: id, timestamp: timestampOf(at), commandStatus, ...refusal, ordStatus }
    this.commandReports.push({ id: this.#ids.next('commandReport'), ...report })
  }

  #report({ id: commandId }, execType, at, more = {}) {
    const id = this.#ids.next('executionReport')
    const { accountId, contractId, action, ordStatus } = this.order
    this.executionReports.push({
      id,
      commandId,
      name: `sandbox-${id}`,
      accountId,
      contractId,
      timestamp: timestampOf(at),
      tradeDate: tradeDateOf(at),
      orderId: this.id,
      execType,
      ordStatus,
      action,
      cumQty: this.#cumQty,
      ...given({ avgPx: this.#avgPx }),
      ...more,
    })
  }
}

module.exports = { OrderRecord, given }
