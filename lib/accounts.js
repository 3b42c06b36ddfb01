'use strict'
// The questions about accounts, as the core takes them; it makes the calls that each one needs.

const { entityId, entityIds, integer, text } = require('./input.js')

const LONGEST_NAME = 64
const MOST_SUGGESTIONS = 2 ** 31 - 1

const accounts = {
  all: () => ({ call: 'list' }),
  ofId: id => ({ call: 'item', id: entityId(id, 'id') }),
  ofIds: ids => ({ call: 'items', ids: entityIds(ids, 'ids') }),
  named: name => ({ call: 'find', name: text(name, 'name', { least: 1, most: LONGEST_NAME }) }),
  like: (start, limit) => ({
    call: 'suggest',
    text: text(start, 'text', { least: 1, most: LONGEST_NAME }),
    limit: integer(limit, 'limit', 1, MOST_SUGGESTIONS),
  }),
  ofUsers: userIds => ({ call: 'ofUsers', userIds: entityIds(userIds, 'userIds') }),
  cashBalance: accountId => ({ call: 'cashBalance', accountId: entityId(accountId, 'accountId') }),
}

module.exports = { accounts }
