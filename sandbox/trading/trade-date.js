'use strict'
// The trade date: at Tradovate a trade day begins in the evening before. Here it begins at 22:00 UTC, all the year, and weekends
// are days like others.

const DAY_MS = 86_400_000
const EVENING_MS = 2 * 3_600_000
const DAYS_FROM_MONDAY = 3

/** The number of a trade day, counted from 1970-01-01. */
const tradeDayOf = at => Math.floor((at + EVENING_MS) / DAY_MS)

/** When the trade day of a moment ends. */
const endOfTradeDay = at => (tradeDayOf(at) + 1) * DAY_MS - EVENING_MS

/** The number of the week, from Monday on, of a trade day. */
const weekOf = day => Math.floor((day + DAYS_FROM_MONDAY) / 7)

function tradeDateOf(at) {
  const date = new Date(tradeDayOf(at) * DAY_MS)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** The number of the trade day of a date. */
const dayOfTradeDate = ({ year, month, day }) => Date.UTC(year, month - 1, day) / DAY_MS

const timestampOf = at => new Date(at).toISOString()

module.exports = { dayOfTradeDate, endOfTradeDay, timestampOf, tradeDateOf, tradeDayOf, weekOf }
