'use strict'
// The questions about accounts, in the JSON that the core takes; it makes the calls that each one needs.

const { entityId, entityIds, integer, text } = require('./input.js')

const LONGEST_NAME = 64
const MOST_SUGGESTIONS = 2 ** 31 - 1

const ALL = JSON.stringify({ call: 'list' })

const accounts = {
  all: () => ALL,
  ofId: id => JSON.stringify({ call: 'item', id: entityId(id, 'id') }),
  ofIds: ids => JSON.stringify({ call: 'items', ids: entityIds(ids, 'ids') }),
  named: name => JSON.stringify({ call: 'find', name: text(name, 'name', { least: 1, most: LONGEST_NAME }) }),
  like: (start, limit) =>
    JSON.stringify({
      call: 'suggest',
      text: text(start, 'text', { least: 1, most: LONGEST_NAME }),
      limit: integer(limit, 'limit', 1, MOST_SUGGESTIONS),
    }),
  ofUsers: userIds => JSON.stringify({ call: 'ofUsers', userIds: entityIds(userIds, 'userIds') }),
  cashBalance: accountId => JSON.stringify({ call: 'cashBalance', accountId: entityId(accountId, 'accountId') }),
}

module.exports = { accounts }
