'use strict'
// Just enough of /order to see whether a bot places an order twice; nothing is ever filled.

const answers = require('./answers.js')
const { findViolations } = require('./fields.js')

const FIRST_ORDER_ID = 900_001

const ORDER_FIELDS = {
  accountId: { required: true, types: ['number'] },
  action: { required: true },
  symbol: { required: true, longest: 64 },
  orderQty: { required: true, types: ['number'] },
  orderType: { required: true },
}

const list = ({ user }) => answers.json(user.orders)

function place({ body, user }, sandbox) {
  const found = findViolations(body, ORDER_FIELDS)
  if (found.length > 0) return answers.violations(found)
  if (user.account(body.accountId) === undefined) return answers.errorText('Account not found')
  const id = FIRST_ORDER_ID + sandbox.counts.orders
  sandbox.counts.orders += 1
  const { accountId, action, symbol, orderQty, orderType } = body
  const timestamp = new Date(sandbox.clock()).toISOString()
  user.place({ id, accountId, timestamp, action, ordStatus: 'Working', symbol, orderQty, orderType })
  return answers.json({ orderId: id })
}

module.exports = { list, place }
