'use strict'
// Reads the requests of orders, and judges what Tradovate refuses before an order reaches the exchange.

const { readFields } = require('../validation.js')

const ORDER_TYPES = ['Limit', 'MIT', 'Market', 'QTS', 'Stop', 'StopLimit', 'TrailingStop', 'TrailingStopLimit']
const SUPPORTED = ['Limit', 'Market', 'Stop', 'StopLimit', 'TrailingStop']
const PRICED = ['Limit', 'StopLimit']
const STOPPED = ['Stop', 'StopLimit', 'TrailingStop']
const MOST_CONTRACTS = 2 ** 31 - 1

const number = { types: ['number'] }
const boolean = { types: ['boolean'] }
const object = { types: ['object'] }
const text = { longest: 64 }
const required = rule => ({ ...rule, required: true })

const ACTION = required({ oneOf: ['Buy', 'Sell'] })
const ORDER_TYPE = required({ oneOf: ORDER_TYPES })

const TERMS = {
  price: number,
  stopPrice: number,
  maxShow: number,
  pegDifference: number,
  timeInForce: { oneOf: ['Day', 'FOK', 'GTC', 'GTD', 'IOC'] },
  expireTime: text,
  text,
}
const COMMAND = { clOrdId: text, activationTime: text, customTag50: text, isAutomated: boolean }
const ACCOUNT = { accountId: number, accountSpec: text }
const PLACE = {
  ...ACCOUNT,
  action: ACTION,
  symbol: required(text),
  orderQty: required(number),
  orderType: ORDER_TYPE,
  ...TERMS,
  ...COMMAND,
}
const RESTRAINED = { action: ACTION, clOrdId: text, orderType: ORDER_TYPE, ...TERMS }

/** Of an order strategy's entry, in its `params`. */
const ENTRY = { orderQty: required(number), orderType: ORDER_TYPE, ...TERMS }

const RULES = {
  place: PLACE,
  placeOco: { ...PLACE, other: required(object) },
  placeOso: { ...PLACE, bracket1: required(object), bracket2: object },
  cancel: { orderId: required(number), ...COMMAND },
  modify: { orderId: required(number), ...ENTRY, ...COMMAND },
  liquidate: {
    accountId: required(number),
    contractId: required(number),
    admin: required(boolean),
    customTag50: text,
  },
  liquidateAll: { positions: required(object), admin: required(boolean), customTag50: text },
  startStrategy: {
    ...ACCOUNT,
    symbol: required(text),
    orderStrategyTypeId: required(number),
    action: ACTION,
    params: { longest: 8_192 },
    uuid: text,
    customTag50: text,
  },
  interruptStrategy: { orderStrategyId: required(number) },
}

/** The fields of an object inside a request, and what is wrong with them. */
const readInner = (body, rules, within) => readFields({ body, query: new URLSearchParams() }, rules, within)

/** The fields of a request, those of its further orders (`nested`) too, and what is wrong with them. */
function readRequest(call, rules, nested = []) {
  const { fields, found } = readFields(call, rules)
  for (const name of nested) {
    if (typeof fields[name] !== 'object') continue
    const inner = readInner(fields[name], RESTRAINED, `${name}.`)
    fields[name] = inner.fields
    found.push(...inner.found)
  }
  return { fields, found }
}

/** The fields of an order strategy's entry; undefined if they cannot be. */
function readEntry(entry) {
  const { fields, found } = readInner(entry, ENTRY, '')
  return found.length === 0 ? fields : undefined
}

const NO_ACTIVATION = ['Unsupported', 'The sandbox has no activationTime']

const hasTick = (product, price) => price === undefined || product.ticksOf(price) !== undefined

/** Why an order for a product cannot be taken now, as `[failureReason, failureText]`; undefined if it can. */
function refusalOf(request, product, now) {
  const { orderQty, orderType, price, stopPrice, pegDifference, timeInForce, expireTime, activationTime } = request
  const isQuantity = Number.isInteger(orderQty) && orderQty > 0 && orderQty <= MOST_CONTRACTS
  if (!isQuantity) return ['UnknownReason', 'Invalid order quantity']
  if (!SUPPORTED.includes(orderType)) return ['Unsupported', `The sandbox has no ${orderType} orders`]
  if (activationTime !== undefined) return NO_ACTIVATION
  const isPriced = !PRICED.includes(orderType) || price !== undefined
  const isStopped = !STOPPED.includes(orderType) || stopPrice !== undefined
  const isOnTick = [price, stopPrice, pegDifference].every(each => hasTick(product, each))
  if (!isPriced || !isStopped || !isOnTick) return ['InvalidPrice', 'Invalid price']
  if (timeInForce === 'GTD' && !(Date.parse(expireTime) > now)) return ['UnknownReason', 'Invalid expire time']
  return undefined
}

module.exports = { NESTED: RESTRAINED, NO_ACTIVATION, RULES, readEntry, readRequest, refusalOf }
