'use strict'
// The questions about accounts, in the JSON that the core takes; it makes the calls that each one needs.

const { entityId, entityIds, integer, text } = require('./input.js')

const LONGEST_NAME = 64
const MOST_SUGGESTIONS = 2 ** 31 - 1

const question = (call, fields) => JSON.stringify({ call, ...fields })

const ALL = question('list')

const accounts = {
  all: () => ALL,
  ofId: id => question('item', { id: entityId(id, 'id') }),
  ofIds: ids => question('items', { ids: entityIds(ids, 'ids') }),
  named: name => question('find', { name: text(name, 'name', { least: 1, most: LONGEST_NAME }) }),
  like: (start, limit) =>
    question('suggest', {
      text: text(start, 'text', { least: 1, most: LONGEST_NAME }),
      limit: integer(limit, 'limit', 1, MOST_SUGGESTIONS),
    }),
  ofUsers: userIds => question('ofUsers', { userIds: entityIds(userIds, 'userIds') }),
  cashBalance: accountId => question('cashBalance', { accountId: entityId(accountId, 'accountId') }),
}

module.exports = { accounts }
