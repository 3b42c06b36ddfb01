'use strict'
// The contracts: the next few months of each product from the start, and any further month once it is named.

const { PRODUCTS } = require('./products.js')

const MONTHS = 'FGHJKMNQUVXZ'
const FIRST_CONTRACT_ID = 960_001
const FIRST_MATURITY_ID = 970_001
const MONTHS_AT_START = 3
const FRIDAY = 5
const LAST_TRADE_HOUR = 14

/** The third Friday of a month, whatever the product. */
function expiryOf(year, month) {
  const first = new Date(Date.UTC(year, month, 1)).getUTCDay()
  const thirdFriday = 1 + ((FRIDAY - first + 7) % 7) + 14
  return Date.UTC(year, month, thirdFriday, LAST_TRADE_HOUR)
}

const nameOf = (product, year, month) => `${product.entity.name}${MONTHS[month]}${year % 10}`

class Contracts {
  #startedAt
  #byName = new Map()
  #byId = new Map()

  constructor(startedAt) {
    this.#startedAt = startedAt
    for (const product of PRODUCTS)
      for (const [year, month] of this.#nextMonths(product)) this.#add(product, year, month)
  }

  get all() {
    return [...this.#byId.values()].map(({ entity }) => entity)
  }

  get maturities() {
    return [...this.#byId.values()].map(({ maturity }) => maturity)
  }

  withId(id) {
    return this.#byId.get(id)
  }

  /** The contract of a name such as `MESZ6`, of the next such month that has not expired; undefined if there is no such product. */
  named(name) {
    if (this.#byName.has(name)) return this.#byName.get(name)
    const product = PRODUCTS.find(
      ({ entity }) => name.startsWith(entity.name) && name.length === entity.name.length + 2,
    )
    const [code, digit] = name.slice(-2)
    if (product === undefined || !product.entity.months.includes(code) || !/\d/.test(digit)) return undefined
    const month = MONTHS.indexOf(code)
    let year = new Date(this.#startedAt).getUTCFullYear()
    while (year % 10 !== Number(digit) || expiryOf(year, month) <= this.#startedAt) year += 1
    return this.#add(product, year, month)
  }

  #nextMonths(product) {
    const start = new Date(this.#startedAt)
    const months = []
    for (let ahead = 0; months.length < MONTHS_AT_START; ahead += 1) {
      const date = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + ahead, 1))
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
      if (!product.entity.months.includes(MONTHS[month])) continue
      if (expiryOf(year, month) > this.#startedAt) months.push([year, month])
    }
    return months
  }

  #add(product, year, month) {
    const index = this.#byId.size
    const name = nameOf(product, year, month)
    const maturity = {
      id: FIRST_MATURITY_ID + index,
      productId: product.entity.id,
      expirationMonth: (year % 100) * 100 + month + 1,
      expirationDate: new Date(expiryOf(year, month)).toISOString(),
      isFront: ![...this.#byId.values()].some(other => other.product === product),
    }
    const entity = { id: FIRST_CONTRACT_ID + index, name, contractMaturityId: maturity.id }
    const contract = { id: entity.id, entity, maturity, product }
    this.#byName.set(name, contract)
    this.#byId.set(entity.id, contract)
    return contract
  }
}

module.exports = { Contracts }
