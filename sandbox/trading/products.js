'use strict'
// The futures of the sandbox, with the exchanges, groups and the currency that they name. Tick sizes and values per point are those
// of the exchanges; `startPrice` is where the sandbox's prices begin.

const CURRENCY = { id: 1, name: 'USD', symbol: '$' }

const EXCHANGES = ['CME', 'CBOT', 'NYMEX', 'COMEX'].map((name, index) => ({ id: index + 1, name }))
const GROUPS = ['Equity index', 'Energy', 'Metals', 'Currencies', 'Interest rates'].map((name, index) => ({
  id: index + 1,
  name,
}))

const QUARTERS = 'HMUZ'
const EVERY_MONTH = 'FGHJKMNQUVXZ'
const EVEN_MONTHS = 'GJMQVZ'

const FIRST_PRODUCT_ID = 101

// Name, description, exchange, group, value per point, tick size, decimals, months, start price.
const TABLE = [
  ['ES', 'E-Mini S&P 500', 'CME', 'Equity index', 50, 0.25, 2, QUARTERS, 6_000],
  ['MES', 'Micro E-mini S&P 500', 'CME', 'Equity index', 5, 0.25, 2, QUARTERS, 6_000],
  ['NQ', 'E-Mini NASDAQ-100', 'CME', 'Equity index', 20, 0.25, 2, QUARTERS, 21_000],
  ['MNQ', 'Micro E-mini NASDAQ-100', 'CME', 'Equity index', 2, 0.25, 2, QUARTERS, 21_000],
  ['RTY', 'E-mini Russell 2000', 'CME', 'Equity index', 50, 0.1, 1, QUARTERS, 2_200],
  ['M2K', 'Micro E-mini Russell 2000', 'CME', 'Equity index', 5, 0.1, 1, QUARTERS, 2_200],
  ['YM', 'E-mini Dow', 'CBOT', 'Equity index', 5, 1, 0, QUARTERS, 42_000],
  ['CL', 'Crude Oil', 'NYMEX', 'Energy', 1_000, 0.01, 2, EVERY_MONTH, 70],
  ['MCL', 'Micro Crude Oil', 'NYMEX', 'Energy', 100, 0.01, 2, EVERY_MONTH, 70],
  ['GC', 'Gold', 'COMEX', 'Metals', 100, 0.1, 1, EVEN_MONTHS, 2_600],
  ['MGC', 'Micro Gold', 'COMEX', 'Metals', 10, 0.1, 1, EVEN_MONTHS, 2_600],
  ['6E', 'Euro FX', 'CME', 'Currencies', 125_000, 0.00005, 5, QUARTERS, 1.1],
  ['ZN', '10-Year T-Note', 'CBOT', 'Interest rates', 1_000, 0.015625, 6, QUARTERS, 110],
]

const idOf = (entities, wanted) => entities.find(({ name }) => name === wanted).id

/** A product: its `entity` as Tradovate tells of it, and the arithmetic of its prices, which are whole ticks inside the sandbox. */
class Product {
  constructor([name, description, exchange, group, valuePerPoint, tickSize, decimals, months, startPrice], index) {
    this.entity = {
      id: FIRST_PRODUCT_ID + index,
      name,
      currencyId: CURRENCY.id,
      productType: 'Futures',
      description,
      exchangeId: idOf(EXCHANGES, exchange),
      contractGroupId: idOf(GROUPS, group),
      status: 'Verified',
      months,
      valuePerPoint,
      priceFormatType: 'Decimal',
      priceFormat: decimals,
      tickSize,
    }
    this.startTicks = this.ticksOf(startPrice)
    this.tickValue = Math.round(valuePerPoint * tickSize * 1e6) / 1e6
  }

  /** The price as whole ticks; undefined if it is not a multiple of the tick. */
  ticksOf(price) {
    const ticks = Math.round(price / this.entity.tickSize)
    return Math.abs(ticks * this.entity.tickSize - price) < this.entity.tickSize / 1_000 ? ticks : undefined
  }

  priceOf(ticks) {
    return Number((ticks * this.entity.tickSize).toFixed(this.entity.priceFormat))
  }
}

const PRODUCTS = TABLE.map((row, index) => new Product(row, index))

module.exports = { CURRENCY, EXCHANGES, GROUPS, PRODUCTS }
