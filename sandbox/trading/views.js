'use strict'
// The entities that a caller may see, by their kinds.

const { CURRENCY, EXCHANGES, GROUPS, PRODUCTS } = require('./products.js')
const { MULTI_BRACKET } = require('./strategy.js')

const booksOf = ({ user }, { trading }) => user.accounts.map(({ id }) => trading.book(id))

/** Entities of all accounts of a caller, in the order of their ids. */
const ofBooks = pick => (call, sandbox) =>
  booksOf(call, sandbox)
    .flatMap(pick)
    .sort((one, other) => one.id - other.id)

const ofRecords = pick => ofBooks(({ records }) => [...records.values()].flatMap(pick))
const ofStrategies = pick => ofBooks(({ strategies }) => [...strategies.values()].flatMap(pick))

const VIEWS = {
  account: ({ user }) => user.accounts,
  cashBalance: ofBooks(({ cash }) => [cash]),
  cashBalanceLog: ofBooks(({ cashChanges }) => [...cashChanges.values()]),
  command: ofRecords(({ commands }) => commands),
  commandReport: ofRecords(({ commandReports }) => commandReports),
  contract: (_call, { trading }) => trading.contracts.all,
  contractGroup: () => GROUPS,
  contractMaturity: (_call, { trading }) => trading.contracts.maturities,
  currency: () => [CURRENCY],
  exchange: () => EXCHANGES,
  executionReport: ofRecords(({ executionReports }) => executionReports),
  fill: ofBooks(({ fills }) => [...fills.values()]),
  fillPair: ofBooks(({ fillPairs }) => [...fillPairs.values()]),
  order: ofRecords(({ order }) => [order]),
  orderStrategy: ofStrategies(({ entity }) => [entity]),
  orderStrategyLink: ofStrategies(({ links }) => links),
  orderStrategyType: () => [MULTI_BRACKET],
  orderVersion: ofRecords(({ versions }) => versions),
  position: ofBooks(({ positions }) => [...positions.values()].map(({ entity }) => entity)),
  product: () => PRODUCTS.map(({ entity }) => entity),
}

module.exports = { VIEWS }
