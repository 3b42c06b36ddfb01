'use strict'
// An order strategy of several brackets: an entry, and when it is filled a target and a stop for each bracket.

const { given } = require('./order-record.js')
const { timestampOf } = require('./trade-date.js')

/** The only type that Tradovate documents. */
const MULTI_BRACKET = { id: 2, name: 'multibracket', enabled: true }

const opposite = action => (action === 'Buy' ? 'Sell' : 'Buy')

const isNumber = value => typeof value === 'number' && Number.isFinite(value)
const isQuantity = value => Number.isInteger(value) && value > 0

function isBracket({ qty, profitTarget, stopLoss, trailingStop } = {}) {
  const distances = [profitTarget, stopLoss].filter(distance => distance !== undefined && distance !== null)
  const isTrailing = trailingStop === undefined || typeof trailingStop === 'boolean'
  return isQuantity(qty) && distances.length > 0 && distances.every(isNumber) && isTrailing
}

/** The entry and the brackets in the text of `params`; undefined if it has none that can work. */
function readParams(text) {
  try {
    const { entryVersion, brackets } = JSON.parse(text)
    const quantities = brackets.map(({ qty }) => qty)
    const isCovered = quantities.reduce((sum, qty) => sum + qty, 0) <= entryVersion.orderQty
    return brackets.every(isBracket) && isCovered ? { entry: entryVersion, brackets } : undefined
  } catch {
    return undefined
  }
}

class Strategy {
  links = []
  #records = []
  #trading
  #brackets
  #isPlacing = false

  /** `fields` are those of the request that the entity repeats. */
  constructor(trading, { accountId, contract, brackets, fields }) {
    this.#trading = trading
    this.#brackets = brackets
    this.contract = contract
    this.entity = {
      id: trading.ids.next('orderStrategy'),
      accountId,
      timestamp: timestampOf(trading.now),
      contractId: contract.id,
      ...given(fields),
      status: 'ActiveStrategy',
    }
  }

  start(request) {
    this.#trading.book(this.entity.accountId).addStrategy(this)
    this.#trading.place(this.#order(request))
  }

  /** Cancels the orders that are open; the position stays. */
  interrupt() {
    this.#be('ExecutionInterrupted')
    for (const record of this.#records) if (record.isOpen) this.#trading.cancel(record, {})
  }

  get isActive() {
    return this.entity.status === 'ActiveStrategy'
  }

  /** Told of each order that it places. */
  add(record) {
    const label = this.#records.length === 0 ? 'entry' : `exit ${this.#records.length}`
    const id = this.#trading.ids.next('orderStrategyLink')
    this.links.push({ id, orderStrategyId: this.entity.id, orderId: record.id, label })
    this.#records.push(record)
  }

  /** Told of each of its orders that was filled or has ended. */
  changed(record) {
    if (!this.isActive || this.#isPlacing) return
    const [entry, ...exits] = this.#records
    if (record === entry && entry.status === 'Rejected') this.#be('ExecutionFailed')
    else if (record === entry && entry.status === 'Filled' && exits.length === 0) this.#protect(entry)
    else if (!exits.some(({ isOpen }) => isOpen)) this.#be('ExecutionFinished')
  }

  #protect(entry) {
    const price = entry.executionReports.at(-1).lastPx
    this.#isPlacing = true
    for (const bracket of this.#brackets) this.#placeExits(entry, bracket, price)
    this.#isPlacing = false
    this.changed()
  }

  #placeExits({ version, order }, { qty, profitTarget, stopLoss, trailingStop }, price) {
    const { product } = this.contract
    const onTick = value => product.priceOf(Math.round(value / product.entity.tickSize))
    const timeInForce = version.timeInForce === 'GTC' ? 'GTC' : 'Day'
    const common = { action: opposite(order.action), orderQty: qty, timeInForce }
    const exits = []
    if (isNumber(profitTarget)) exits.push({ ...common, orderType: 'Limit', price: onTick(price + profitTarget) })
    if (isNumber(stopLoss)) {
      const trailing = trailingStop
        ? { orderType: 'TrailingStop', pegDifference: onTick(stopLoss) }
        : { orderType: 'Stop' }
      exits.push({ ...common, ...trailing, stopPrice: onTick(price + stopLoss) })
    }
    if (exits.length === 2) this.#trading.placeOco(this.#order(exits[0]), exits[1])
    else this.#trading.place(this.#order(exits[0]))
  }

  #order(request) {
    return { accountId: this.entity.accountId, contract: this.contract, request, strategy: this }
  }

  #be(status) {
    this.entity = { ...this.entity, status }
  }
}

module.exports = { MULTI_BRACKET, Strategy, readParams }
