'use strict'
// The trading side of the sandbox: takes orders, lets the prices of the passing time meet them, and keeps what links orders.

const { AccountBook } = require('./account-book.js')
const { Contracts } = require('./contracts.js')
const { Ids } = require('./ids.js')
const { Market } = require('./market.js')
const { atEntry, atPrice } = require('./matching.js')
const { OrderRecord } = require('./order-record.js')

const AT_ONCE = ['IOC', 'FOK']
const WRONG_SIDE = ['InvalidPrice', 'The stop price is on the wrong side of the market']

class Trading {
  ids = new Ids()
  #books
  #waiting = new Set()
  #clock
  #market
  #now
  #step = 0

  constructor(clock, market, accountIds) {
    this.#clock = clock
    this.#now = clock()
    this.#market = new Market(market, this.#now)
    this.contracts = new Contracts(this.#now)
    this.#books = new Map([...new Set(accountIds)].map(id => [id, new AccountBook(this.ids, id, this.#now)]))
  }

  /** The moment up to which everything has happened. */
  get now() {
    return this.#now
  }

  book(accountId) {
    return this.#books.get(accountId)
  }

  /** Lets everything happen that is due: prices, fills, expiries, new trade days. */
  advance() {
    const now = this.#clock()
    const step = this.#market.stepAt(now)
    while (this.#step < step && this.#waiting.size > 0) {
      this.#step += 1
      this.#moveOn(this.#market.timeOf(this.#step))
      for (const record of this.#waiting) this.#meet(record)
    }
    this.#step = Math.max(this.#step, step)
    this.#moveOn(now)
  }

  priceOf(contract) {
    return contract.product.priceOf(this.#ticksOf(contract))
  }

  /** The present price of a contract by its name. */
  currentPrice(name) {
    const contract = this.#contractNamed(name)
    this.advance()
    return this.priceOf(contract)
  }

  /** Moves a price and fills what it reaches; the walk goes on from there. */
  movePrice(name, price) {
    const contract = this.#contractNamed(name)
    const ticks = typeof price === 'number' ? contract.product.ticksOf(price) : undefined
    if (!(ticks > 0)) throw new TypeError(`price must be a multiple of ${contract.product.entity.tickSize} above 0`)
    this.advance()
    this.#market.move(contract, ticks, this.#step)
    for (const record of this.#waiting) if (record.contract === contract) this.#meet(record)
  }

  snapshot(accountId) {
    const contract = id => this.contracts.withId(id)
    return this.book(accountId).snapshot(
      id => this.priceOf(contract(id)),
      id => contract(id).product,
    )
  }

  /** `order` is `{ accountId, contract, request, admin, strategy }`. */
  place(order) {
    const record = this.#create(order)
    this.#enter(record)
    return record
  }

  /** Two orders of which the one is cancelled when the other is filled. */
  placeOco(order, other) {
    const pair = [this.#create(order), this.#create({ ...order, request: other })]
    this.#linkOco(pair)
    for (const record of pair) if (record.isOpen) this.#enter(record)
    return pair
  }

  /** An order, and one or two others that wait until it is filled, and then are an OCO. */
  placeOso(order, brackets) {
    const parent = this.#create(order)
    const links = { parentId: parent.id }
    parent.children = brackets.map(request => this.#create({ ...order, request, links }))
    if (parent.children.length === 2) this.#linkOco(parent.children)
    for (const child of parent.children) child.suspend(this.#now)
    this.#enter(parent)
    return [parent, ...parent.children]
  }

  cancel(record, request) {
    const command = record.cancelCommand(request, this.#now)
    this.#end(record, 'Canceled', command)
    return command
  }

  modify(record, request) {
    const { reject } =
      record.status === 'Working' ? atEntry(record.termsBy(request), this.#ticksOf(record.contract)) : {}
    if (reject) return record.rejectReplacement(request, ...WRONG_SIDE, this.#now)
    const command = record.replace(request, this.#now)
    if (record.status === 'Working') this.#expose(record)
    return command
  }

  /** Cancels the orders of an account in a contract and closes its position; undefined if there is none. */
  liquidate(accountId, contract, { admin, customTag50 }) {
    const book = this.book(accountId)
    for (const record of book.openRecords(contract)) if (record.isOpen) this.cancel(record, { customTag50 })
    const netPos = book.positions.get(contract.id)?.entity.netPos ?? 0
    if (netPos === 0) return undefined
    const action = netPos > 0 ? 'Sell' : 'Buy'
    const request = { action, orderQty: Math.abs(netPos), orderType: 'Market', customTag50 }
    return this.place({ accountId, contract, request, admin })
  }

  #contractNamed(name) {
    const contract = typeof name === 'string' ? this.contracts.named(name) : undefined
    if (contract === undefined) throw new TypeError("symbol must be a contract of the sandbox, such as 'ESZ6'")
    return contract
  }

  #ticksOf(contract) {
    return this.#market.ticks(contract, this.#step)
  }

  #moveOn(at) {
    for (const record of this.#waiting) {
      if (record.expiresAt <= at) {
        this.#now = Math.max(this.#now, record.expiresAt)
        this.#end(record, 'Expired')
      }
    }
    this.#now = at
    for (const book of this.#books.values()) book.turnDay(at)
  }

  #create(order) {
    const record = new OrderRecord(this.ids, { ...order, at: this.#now })
    this.book(order.accountId).add(record)
    order.strategy?.add(record)
    return record
  }

  #linkOco(pair) {
    for (const [index, record] of pair.entries()) {
      record.oco = pair[1 - index]
      record.link({ ocoId: record.oco.id })
    }
  }

  #enter(record) {
    const ticks = this.#ticksOf(record.contract)
    if (atEntry(record.terms, ticks).reject) {
      record.reject(...WRONG_SIDE, this.#now)
      this.#over(record)
      return
    }
    record.accept(this.#now)
    this.#expose(record)
  }

  /** Shows an order to the market: it is filled, or waits, or ends if it may not wait. */
  #expose(record) {
    const ticks = this.#ticksOf(record.contract)
    const { terms } = record
    if (terms.orderType === 'TrailingStop') terms.distance ??= Math.abs(ticks - terms.stop)
    const { fill } = atEntry(terms, ticks)
    if (fill !== undefined) this.#fill(record, fill)
    else if (AT_ONCE.includes(record.version.timeInForce)) this.#end(record, 'Canceled')
    else this.#waiting.add(record)
  }

  /** Lets an order that waits meet the present price, unless another one has ended it just now. */
  #meet(record) {
    if (!this.#waiting.has(record)) return
    const { fill, ...changed } = atPrice(record.terms, this.#ticksOf(record.contract))
    Object.assign(record.terms, changed)
    if (fill !== undefined) this.#fill(record, fill)
  }

  #fill(record, ticks) {
    this.#waiting.delete(record)
    const price = record.contract.product.priceOf(ticks)
    this.book(record.accountId).fill(record, price, this.#now)
    record.fill(price, this.#now)
    if (record.oco?.isOpen) this.#end(record.oco, 'Canceled')
    for (const child of record.children)
      if (child.status === 'Suspended') this.#activate(child, record.version.orderQty)
    record.strategy?.changed(record)
  }

  /** A bracket protects what its parent bought or sold, so it takes over the quantity. */
  #activate(child, orderQty) {
    if (child.version.orderQty !== orderQty) child.replace({ ...child.version, orderQty }, this.#now)
    this.#enter(child)
  }

  #end(record, ordStatus, command) {
    this.#waiting.delete(record)
    record.end(ordStatus, this.#now, command)
    this.#over(record)
  }

  /** After an order that ended without a fill. */
  #over(record) {
    for (const child of record.children) if (child.status === 'Suspended') this.#end(child, 'Canceled')
    record.strategy?.changed(record)
  }
}

module.exports = { Trading }
