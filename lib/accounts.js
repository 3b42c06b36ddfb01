'use strict'
// The questions about accounts: `ask(question, wait)` has the core make the calls, and gives the value that it judged.

const { entityId, entityIds, integer, text } = require('./input.js')
const { waitOptions } = require('./options.js')

const LONGEST_NAME = 64
const MOST_SUGGESTIONS = 2 ** 31 - 1

class Accounts {
  #ask
  #timeoutMs

  constructor(ask, timeoutMs) {
    this.#ask = ask
    this.#timeoutMs = timeoutMs
  }

  async getAccounts(options) {
    return this.#ask({ call: 'list' }, this.#wait(options))
  }

  async getAccount(id, options) {
    return this.#ask({ call: 'item', id: entityId(id, 'id') }, this.#wait(options))
  }

  async getAccountsById(ids, options) {
    return this.#ask({ call: 'items', ids: entityIds(ids, 'ids') }, this.#wait(options))
  }

  async findAccount(name, options) {
    const wanted = text(name, 'name', { least: 1, most: LONGEST_NAME })
    return this.#ask({ call: 'find', name: wanted }, this.#wait(options))
  }

  async suggestAccounts(start, limit, options) {
    const wanted = text(start, 'text', { least: 1, most: LONGEST_NAME })
    const most = integer(limit, 'limit', 1, MOST_SUGGESTIONS)
    return this.#ask({ call: 'suggest', text: wanted, limit: most }, this.#wait(options))
  }

  async getAccountsOfUsers(userIds, options) {
    return this.#ask({ call: 'ofUsers', userIds: entityIds(userIds, 'userIds') }, this.#wait(options))
  }

  async getCashBalance(accountId, options) {
    return this.#ask({ call: 'cashBalance', accountId: entityId(accountId, 'accountId') }, this.#wait(options))
  }

  #wait(options) {
    return waitOptions(options, this.#timeoutMs)
  }
}

module.exports = { Accounts }
