'use strict'
// The endpoints that start and interrupt order strategies.

const answers = require('../answers.js')
const { placeOf } = require('./orders.js')
const { RULES, readEntry, readRequest, refusalOf } = require('./requests.js')
const { MULTI_BRACKET, Strategy, readParams } = require('./strategy.js')

function start(call, { trading }) {
  const { fields, found } = readRequest(call, RULES.startStrategy)
  if (found.length > 0) return answers.violations(found)
  const { refusal: denial, ...place } = placeOf(call.user, fields, trading)
  if (denial !== undefined) return answers.errorText(denial[1])
  if (fields.orderStrategyTypeId !== MULTI_BRACKET.id) return answers.errorText('Unknown order strategy type')
  const params = readParams(fields.params)
  const entry = params === undefined ? undefined : readEntry(params.entry)
  if (entry === undefined) return answers.errorText('Invalid params')
  const request = { ...entry, action: fields.action, customTag50: fields.customTag50 }
  const refusal = refusalOf(request, place.contract.product, trading.now)
  if (refusal !== undefined) return answers.errorText(refusal[1])
  const { orderStrategyTypeId, action, params: text, uuid, customTag50 } = fields
  const told = { orderStrategyTypeId, action, params: text, uuid, customTag50 }
  const strategy = new Strategy(trading, { ...place, brackets: params.brackets, fields: told })
  strategy.start(request)
  return answers.json({ orderStrategy: strategy.entity })
}

function interrupt(call, { trading }) {
  const { fields, found } = readRequest(call, RULES.interruptStrategy)
  if (found.length > 0) return answers.violations(found)
  const books = call.user.accounts.map(({ id }) => trading.book(id))
  const strategy = books.map(({ strategies }) => strategies.get(fields.orderStrategyId)).find(Boolean)
  if (strategy === undefined) return answers.errorText('Access is denied')
  if (!strategy.isActive) return answers.errorText('Order strategy is already completed')
  strategy.interrupt()
  return answers.json({ orderStrategy: strategy.entity })
}

module.exports = { interrupt, start }
