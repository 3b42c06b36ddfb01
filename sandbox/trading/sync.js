'use strict'
// user/syncrequest: all that a user may see, in one answer. The changes after it come over a WebSocket, which the sandbox has not.

const answers = require('../answers.js')
const { readFields } = require('../validation.js')
const { VIEWS } = require('./views.js')

const lists = { types: ['object'] }

/** The lists of the answer, by the kinds of their entities. */
const LISTS = {
  accounts: 'account',
  cashBalances: 'cashBalance',
  currencies: 'currency',
  positions: 'position',
  fillPairs: 'fillPair',
  orders: 'order',
  contracts: 'contract',
  contractMaturities: 'contractMaturity',
  products: 'product',
  exchanges: 'exchange',
  commands: 'command',
  commandReports: 'commandReport',
  executionReports: 'executionReport',
  orderVersions: 'orderVersion',
  fills: 'fill',
  orderStrategies: 'orderStrategy',
  orderStrategyLinks: 'orderStrategyLink',
  contractGroups: 'contractGroup',
  orderStrategyTypes: 'orderStrategyType',
}

function sync(call, sandbox) {
  const { fields, found } = readFields(call, { users: lists, accounts: lists })
  if (found.length > 0) return answers.violations(found)
  const { user } = call
  const isWanted = (ids, id) => ids === undefined || ids.includes(id)
  for (const name of ['users', 'accounts']) {
    if (fields[name] !== undefined && !Array.isArray(fields[name])) return answers.badParameter(name)
  }
  const users = isWanted(fields.users, user.userId) ? [user.entity] : []
  const accounts = users.length === 0 ? [] : user.accounts.filter(({ id }) => isWanted(fields.accounts, id))
  const seen = { user: { accounts } }
  const entities = Object.entries(LISTS).map(([list, kind]) => [list, VIEWS[kind](seen, sandbox)])
  return answers.json({ users, ...Object.fromEntries(entities) })
}

module.exports = { sync }
