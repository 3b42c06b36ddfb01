'use strict'
// The endpoints under /account, and the cash balance of one account.

const answers = require('./answers.js')
const { callsOf, numbers } = require('./entities.js')
const { readFields } = require('./validation.js')

function find(call) {
  const name = call.parameter('name')
  if (!name) return answers.badParameter('name')
  const account = call.user.accounts.find(account => account.name === name)
  return account === undefined ? answers.notFound() : answers.json(account)
}

function suggest(call) {
  const text = call.parameter('t')
  if (text === undefined) return answers.badParameter('t')
  const most = numbers(call, 'l')
  if (most?.length !== 1 || most[0] < 0) return answers.badParameter('l')
  const wanted = text.toLowerCase()
  const matching = call.user.accounts.filter(account => account.name.toLowerCase().includes(wanted))
  return answers.json(matching.slice(0, most[0]))
}

function cashBalance(call) {
  const { fields, found } = readFields(call, { accountId: { required: true, types: ['number'] } })
  if (found.length > 0) return answers.violations(found)
  if (call.user.account(fields.accountId) === undefined) return answers.errorText('Account not found')
  return answers.json(call.user.cashBalance())
}

module.exports = { ...callsOf(({ user }) => user.accounts, 'userId'), cashBalance, find, suggest }
