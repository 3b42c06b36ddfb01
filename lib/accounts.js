'use strict'
// The account endpoints, over whatever sends a call: `send({ method, path, query, body, purpose }, wait)` gives JSON text.

const { entityOf, listOf, parseAnswer } = require('./answer.js')
const { entityId, entityIds, integer, text } = require('./input.js')
const { Limit } = require('./limit.js')
const { waitOptions } = require('./options.js')

// Tradovate answers 404 to more ids than about ten at a time.
const IDS_A_CALL = 10
const CALLS_AT_ONCE = 4

class Accounts {
  #send
  #timeoutMs

  constructor(send, timeoutMs) {
    this.#send = send
    this.#timeoutMs = timeoutMs
  }

  async getAccounts(options) {
    return this.#list('account/list', '', this.#wait(options))
  }

  async getAccount(id, options) {
    const query = `id=${entityId(id, 'id')}`
    return entityOf(await this.#get('account/item', query, this.#wait(options)), 'account/item')
  }

  async getAccountsById(ids, options) {
    return this.#listByIds('account/items', 'ids', entityIds(ids, 'ids'), this.#wait(options))
  }

  async findAccount(name, options) {
    const query = `name=${encodeURIComponent(text(name, 'name', { least: 1, most: 64 }))}`
    const wait = this.#wait(options)
    try {
      const found = await this.#get('account/find', query, wait)
      return found === undefined || found === null ? undefined : entityOf(found, 'account/find')
    } catch (error) {
      if (error?.code === 'ERR_TRADOVATE_NOT_FOUND') return undefined
      throw error
    }
  }

  async suggestAccounts(start, limit, options) {
    const wanted = encodeURIComponent(text(start, 'text', { least: 1, most: 64 }))
    const query = `t=${wanted}&l=${integer(limit, 'limit', 1)}`
    return this.#list('account/suggest', query, this.#wait(options))
  }

  async getAccountsOfUsers(userIds, options) {
    const users = entityIds(userIds, 'userIds')
    const wait = this.#wait(options)
    if (users.length === 1) return this.#list('account/deps', `masterid=${users[0]}`, wait)
    return this.#listByIds('account/ldeps', 'masterids', users, wait)
  }

  async getCashBalance(accountId, options) {
    const path = 'cashBalance/getcashbalancesnapshot'
    const body = JSON.stringify({ accountId: entityId(accountId, 'accountId') })
    const answer = await this.#send({ method: 'POST', path, query: '', body, purpose: null }, this.#wait(options))
    return entityOf(parseAnswer(answer, path), path)
  }

  #wait(options) {
    return waitOptions(options, this.#timeoutMs)
  }

  async #get(path, query, wait) {
    return parseAnswer(await this.#send({ method: 'GET', path, query, body: null, purpose: null }, wait), path)
  }

  async #list(path, query, wait) {
    return listOf(await this.#get(path, query, wait), path)
  }

  async #listByIds(path, parameter, ids, wait) {
    if (wait.signal?.aborted) throw wait.signal.reason
    const queries = []
    for (let at = 0; at < ids.length; at += IDS_A_CALL) {
      queries.push(`${parameter}=${ids.slice(at, at + IDS_A_CALL).join(',')}`)
    }
    return queries.length === 1 ? this.#list(path, queries[0], wait) : this.#listInParts(path, queries, wait)
  }

  async #listInParts(path, queries, { signal, timeoutMs }) {
    const limit = new Limit(signal, timeoutMs, path)
    const parts = []
    let next = 0
    const lane = async () => {
      while (next < queries.length) {
        const at = next
        next += 1
        parts[at] = await this.#list(path, queries[at], { signal: limit.signal, timeoutMs })
      }
    }
    try {
      await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane))
      return parts.flat()
    } catch (error) {
      limit.abort(error)
      throw error
    } finally {
      limit.end()
    }
  }
}

module.exports = { Accounts }
