'use strict'
// The arithmetic of positions: what a fill does to one, which fills it pairs with, and what a new trade day does.

/** A position: its `entity`, and its open fills as `lots`, the oldest first. */
const openPosition = (id, accountId, contractId, times) => ({
  entity: {
    id,
    accountId,
    contractId,
    ...times,
    netPos: 0,
    bought: 0,
    boughtValue: 0,
    sold: 0,
    soldValue: 0,
    prevPos: 0,
  },
  lots: [],
})

/** Without the noise of binary fractions. */
const rounded = value => Number(value.toFixed(6))

const signed = (action, qty) => (action === 'Buy' ? qty : -qty)

/** The average price of the open fills; undefined if there are none. */
function netPriceOf(lots) {
  const qty = lots.reduce((sum, lot) => sum + lot.qty, 0)
  return qty === 0 ? undefined : lots.reduce((sum, lot) => sum + lot.qty * lot.price, 0) / qty
}

/**
 * Pairs a fill with the open fills of the other side, the oldest first. `lots` are those that stay open, `pairs` tell of each
 * pair `{ buyFillId, sellFillId, qty, buyPrice, sellPrice }`.
 */
function pairOff(lots, { id, action, qty, price }) {
  const open = lots.map(lot => ({ ...lot }))
  const pairs = []
  let left = qty
  while (left > 0 && open.length > 0 && open[0].action !== action) {
    const [lot] = open
    const paired = Math.min(left, lot.qty)
    const [buy, sell] = action === 'Buy' ? [{ id, price }, lot] : [lot, { id, price }]
    pairs.push({
      buyFillId: buy.id,
      sellFillId: sell.id,
      qty: paired,
      buyPrice: buy.price,
      sellPrice: sell.price,
    })
    left -= paired
    lot.qty -= paired
    if (lot.qty === 0) open.shift()
  }
  if (left > 0) open.push({ id, action, qty: left, price })
  return { lots: open, pairs }
}

function withNetPrice({ netPrice: _, ...entity }, lots) {
  const netPrice = netPriceOf(lots)
  return { ...entity, ...(netPrice !== undefined && { netPrice }) }
}

/** The position after a fill, and the pairs that the fill made. */
function afterFill(position, fill) {
  const { lots, pairs } = pairOff(position.lots, fill)
  const { entity } = position
  const [count, sum] = fill.action === 'Buy' ? ['bought', 'boughtValue'] : ['sold', 'soldValue']
  const filled = {
    ...entity,
    timestamp: fill.timestamp,
    netPos: entity.netPos + signed(fill.action, fill.qty),
    [count]: entity[count] + fill.qty,
    [sum]: rounded(entity[sum] + fill.qty * fill.price),
  }
  return { position: { entity: withNetPrice(filled, lots), lots }, pairs }
}

/** The position at the begin of a trade day: what it was before is `prevPos` and `prevPrice`, and nothing is traded yet. */
function onNewDay({ entity, lots }, tradeDate) {
  const { prevPrice: _, ...rest } = entity
  const previous = { prevPos: entity.netPos, ...(entity.netPrice !== undefined && { prevPrice: entity.netPrice }) }
  return { entity: { ...rest, tradeDate, bought: 0, boughtValue: 0, sold: 0, soldValue: 0, ...previous }, lots }
}

/** The profit of a pair, or of an open position against a price, in the product's currency. */
function profitOf({ qty, buyPrice, sellPrice }, { entity, tickValue }) {
  return Math.round((sellPrice - buyPrice) / entity.tickSize) * qty * tickValue
}

/** What closing the open fills at a price would bring. */
function openProfitOf(lots, price, product) {
  const profits = lots.map(({ action, qty, price: entry }) => {
    const [buyPrice, sellPrice] = action === 'Buy' ? [entry, price] : [price, entry]
    return profitOf({ qty, buyPrice, sellPrice }, product)
  })
  return profits.reduce((sum, profit) => sum + profit, 0)
}

module.exports = { afterFill, onNewDay, openPosition, openProfitOf, profitOf }
