'use strict'
// The arithmetic of an account's cash, in US dollars.

const { CURRENCY } = require('./products.js')
const { dayOfTradeDate, weekOf } = require('./trade-date.js')

const STARTING_CASH = 50_000

const openCash = (id, accountId, times) => ({
  id,
  accountId,
  ...times,
  currencyId: CURRENCY.id,
  amount: STARTING_CASH,
  realizedPnL: 0,
  weekRealizedPnL: 0,
  amountSOD: STARTING_CASH,
})

/** The cash after a realised profit or loss. */
const afterProfit = (cash, delta, timestamp) => ({
  ...cash,
  timestamp,
  amount: cash.amount + delta,
  realizedPnL: cash.realizedPnL + delta,
  weekRealizedPnL: cash.weekRealizedPnL + delta,
})

/** The cash at the begin of a trade day; the week's profit begins anew with a Monday. */
function onNewDay(cash, tradeDate) {
  const [before, now] = [cash.tradeDate, tradeDate].map(date => weekOf(dayOfTradeDate(date)))
  return {
    ...cash,
    tradeDate,
    realizedPnL: 0,
    weekRealizedPnL: before === now ? cash.weekRealizedPnL : 0,
    amountSOD: cash.amount,
  }
}

/** What getcashbalancesnapshot tells. The sandbox asks for no margin. */
const snapshotOf = ({ amount, realizedPnL, weekRealizedPnL }, openPnL) => ({
  totalCashValue: amount,
  totalPnL: realizedPnL + openPnL,
  initialMargin: 0,
  maintenanceMargin: 0,
  netLiq: amount + openPnL,
  openPnL,
  realizedPnL,
  weekRealizedPnL,
})

module.exports = { afterProfit, onNewDay, openCash, snapshotOf }
