'use strict'
// The endpoints under /account, and the cash balance of one account.

const answers = require('./answers.js')
const { findViolations } = require('./fields.js')

const MOST_IDS = 10

const notFound = () => answers.refusal(404)
const badParameter = name => answers.refusal(400, `Missing or malformed parameter: ${name}`)

/** The numbers of a comma-separated parameter, or undefined when it is anything else. */
function numbers(call, name) {
  const texts = (call.query.get(name) ?? '').split(',')
  return texts.every(text => /^-?\d+$/.test(text)) ? texts.map(Number) : undefined
}

const list = ({ user }) => answers.json(user.accounts)

function item(call) {
  const ids = numbers(call, 'id')
  if (ids?.length !== 1) return badParameter('id')
  const account = call.user.account(ids[0])
  return account === undefined ? notFound() : answers.json(account)
}

function items(call) {
  const ids = numbers(call, 'ids')
  if (ids === undefined) return badParameter('ids')
  if (ids.length > MOST_IDS) return notFound()
  return answers.json(call.user.accounts.filter(account => ids.includes(account.id)))
}

function find(call) {
  const name = call.query.get('name')
  if (!name) return badParameter('name')
  const account = call.user.accounts.find(account => account.name === name)
  return account === undefined ? notFound() : answers.json(account)
}

function suggest(call) {
  const text = call.query.get('t')
  if (text === null) return badParameter('t')
  const most = numbers(call, 'l')
  if (most?.length !== 1 || most[0] < 0) return badParameter('l')
  const wanted = text.toLowerCase()
  const matching = call.user.accounts.filter(account => account.name.toLowerCase().includes(wanted))
  return answers.json(matching.slice(0, most[0]))
}

const ownedBy = parameter => call => {
  const userIds = numbers(call, parameter)
  if (userIds === undefined || (parameter === 'masterid' && userIds.length !== 1)) return badParameter(parameter)
  return answers.json(call.user.accounts.filter(account => userIds.includes(account.userId)))
}

function cashBalance({ body, user }) {
  const found = findViolations(body, { accountId: { required: true, types: ['number'] } })
  if (found.length > 0) return answers.violations(found)
  if (user.account(body.accountId) === undefined) return answers.errorText('Account not found')
  return answers.json(user.cashBalance())
}

module.exports = {
  cashBalance,
  deps: ownedBy('masterid'),
  find,
  item,
  items,
  ldeps: ownedBy('masterids'),
  list,
  suggest,
}
