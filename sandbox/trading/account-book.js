'use strict'
// What one account has: its orders, fills, positions and cash.

const cash = require('./cash.js')
const position = require('./position.js')
const { dayOfTradeDate, timestampOf, tradeDateOf, tradeDayOf } = require('./trade-date.js')

const MOST_ORDERS = 1_000
const MOST_FILLS = 10_000

/** Drops the oldest entries beyond `most`. */
function trim(entries, most) {
  for (const id of entries.keys()) {
    if (entries.size <= most) return
    entries.delete(id)
  }
}

class AccountBook {
  /** By their ids, the oldest first. */
  records = new Map()
  strategies = new Map()
  fills = new Map()
  fillPairs = new Map()
  cashChanges = new Map()
  /** By the ids of their contracts. */
  positions = new Map()
  #ids
  #accountId

  constructor(ids, accountId, at) {
    this.#ids = ids
    this.#accountId = accountId
    this.cash = cash.openCash(ids.next('cashBalance'), accountId, {
      timestamp: timestampOf(at),
      tradeDate: tradeDateOf(at),
    })
  }

  add(record) {
    this.records.set(record.id, record)
    if (this.records.size <= MOST_ORDERS) return
    const finished = [...this.records.values()].find(({ isOpen }) => !isOpen)
    if (finished !== undefined) this.records.delete(finished.id)
  }

  addStrategy(strategy) {
    this.strategies.set(strategy.entity.id, strategy)
    trim(this.strategies, MOST_ORDERS)
  }

  openRecords(contract) {
    return [...this.records.values()].filter(record => record.isOpen && record.contract === contract)
  }

  /** Fills an order as a whole: the fill, the position, the pairs that it makes with older fills, and the cash that they bring. */
  fill({ id: orderId, order: { action }, contract, version }, price, at) {
    const times = { timestamp: timestampOf(at), tradeDate: tradeDateOf(at) }
    const of = { orderId, contractId: contract.id, ...times, action, qty: version.orderQty, price }
    const fill = { id: this.#ids.next('fill'), ...of, active: true, finallyPaired: 0 }
    this.fills.set(fill.id, fill)
    const before = this.positions.get(contract.id) ?? this.#openPosition(contract, times)
    const { position: after, pairs } = position.afterFill(before, fill)
    this.positions.set(contract.id, after)
    for (const pair of pairs) this.#addPair(pair, after, contract.product, times)
    trim(this.fills, MOST_FILLS)
  }

  /** Begins a new trade day, if one has begun. */
  turnDay(at) {
    if (tradeDayOf(at) <= dayOfTradeDate(this.cash.tradeDate)) return
    const tradeDate = tradeDateOf(at)
    this.cash = cash.onNewDay(this.cash, tradeDate)
    for (const [id, old] of this.positions) this.positions.set(id, position.onNewDay(old, tradeDate))
  }

  /** What getcashbalancesnapshot tells; `priceOf` gives the price of a contract by its id, and `productOf` its product. */
  snapshot(priceOf, productOf) {
    const profits = [...this.positions].map(([id, { lots }]) => {
      return lots.length === 0 ? 0 : position.openProfitOf(lots, priceOf(id), productOf(id))
    })
    return cash.snapshotOf(
      this.cash,
      profits.reduce((sum, profit) => sum + profit, 0),
    )
  }

  #openPosition(contract, times) {
    return position.openPosition(this.#ids.next('position'), this.#accountId, contract.id, times)
  }

  #addPair(pair, { entity }, product, times) {
    const id = this.#ids.next('fillPair')
    this.fillPairs.set(id, { id, positionId: entity.id, ...pair, active: true })
    trim(this.fillPairs, MOST_FILLS)
    for (const fillId of [pair.buyFillId, pair.sellFillId]) {
      const fill = this.fills.get(fillId)
      if (fill !== undefined) this.fills.set(fillId, { ...fill, finallyPaired: fill.finallyPaired + pair.qty })
    }
    const delta = position.profitOf(pair, product)
    this.cash = cash.afterProfit(this.cash, delta, times.timestamp)
    this.#addChange(delta, id, times)
  }

  #addChange(delta, fillPairId, times) {
    const { accountId, currencyId, amount, realizedPnL, weekRealizedPnL } = this.cash
    const after = { amount, realizedPnL, weekRealizedPnL }
    const id = this.#ids.next('cashBalanceLog')
    const what = { cashChangeType: 'TradePaired', fillPairId, delta }
    this.cashChanges.set(id, { id, accountId, ...times, currencyId, ...after, ...what })
    trim(this.cashChanges, MOST_FILLS)
  }
}

module.exports = { AccountBook }
