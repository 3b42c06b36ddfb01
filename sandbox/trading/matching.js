'use strict'
// What a price does to an order. Prices are whole ticks, and nothing here keeps any state: an order comes as its terms, `{ action,
// orderType, limit, stop, distance, isTriggered }`.

const isBuy = ({ action }) => action === 'Buy'

/** Whether the price is as good as the limit, or better. */
const isWithinLimit = (terms, ticks) => (isBuy(terms) ? ticks <= terms.limit : ticks >= terms.limit)

const isStopReached = (terms, ticks) => (isBuy(terms) ? ticks >= terms.stop : ticks <= terms.stop)

/**
 * What becomes of an order that comes to the market: `{ fill }` at these ticks, `{ reject: true }` for a stop on the wrong side of
 * the market, or nothing if it waits.
 */
function atEntry(terms, ticks) {
  if (terms.orderType === 'Market') return { fill: ticks }
  if (terms.orderType === 'Limit') return isWithinLimit(terms, ticks) ? { fill: ticks } : {}
  return isStopReached(terms, ticks) ? { reject: true } : {}
}

/**
 * What the next price does to an order that waits: `{ fill }` at these ticks, `{ isTriggered: true }` for a stop that is a limit
 * order from now on, `{ stop }` for one that trails, or nothing. A limit that waited is filled at its own price, a stop at the price
 * that reached it.
 */
function atPrice(terms, ticks) {
  const isLimit = terms.orderType === 'Limit' || terms.isTriggered
  if (isLimit) return isWithinLimit(terms, ticks) ? { fill: terms.limit } : {}
  if (!isStopReached(terms, ticks)) return terms.distance === undefined ? {} : trailed(terms, ticks)
  if (terms.orderType !== 'StopLimit') return { fill: ticks }
  return isWithinLimit(terms, ticks) ? { fill: ticks } : { isTriggered: true }
}

/** A trailing stop follows the price as far as it moves in the position's favour. */
function trailed({ stop, distance, ...terms }, ticks) {
  const followed = isBuy(terms) ? Math.min(stop, ticks + distance) : Math.max(stop, ticks - distance)
  return followed === stop ? {} : { stop: followed }
}

module.exports = { atEntry, atPrice }
