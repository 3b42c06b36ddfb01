'use strict'
// Tradovate on your own machine: starts it, and gives a test its handles.

const { readOptions } = require('./options.js')
const { readPatterns } = require('./permissions.js')
const { Tradovate } = require('./tradovate.js')

// Older releases of Node 20 know the symbol only by its registered name.
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')

class Sandbox {
  #tradovate
  #closing

  constructor(tradovate) {
    this.#tradovate = tradovate
    this.baseUrl = `http://${tradovate.hosts.current.address}/v1`
  }

  get credentials() {
    return this.#tradovate.users.first.credentials
  }

  get log() {
    return this.#tradovate.log.entries
  }

  get counts() {
    return { ...this.#tradovate.counts }
  }

  get hosts() {
    return this.#tradovate.hosts.roles
  }

  get quotas() {
    return this.#tradovate.quotas
  }

  inject(fault) {
    this.#tradovate.faults.add(fault)
  }

  clearFaults() {
    this.#tradovate.faults.clear()
  }

  evict(name) {
    this.#tradovate.evict(name)
  }

  deny(endpoints, name) {
    const patterns = readPatterns(endpoints, 'endpoints')
    this.#tradovate.users.chosen(name).permissions.deny(patterns)
  }

  allow(endpoints, name) {
    const patterns = readPatterns(endpoints, 'endpoints')
    this.#tradovate.users.chosen(name).permissions.allow(patterns)
  }

  price(symbol) {
    return this.#tradovate.trading.currentPrice(symbol)
  }

  movePrice(symbol, price) {
    this.#tradovate.trading.movePrice(symbol, price)
  }

  moveHosts() {
    this.#tradovate.hosts.move()
  }

  retireHost(how) {
    this.#tradovate.hosts.retire(how)
  }

  close() {
    this.#closing ??= this.#tradovate.close()
    return this.#closing
  }

  [asyncDispose]() {
    return this.close()
  }
}

async function startSandbox(given) {
  const options = readOptions(given)
  const tradovate = new Tradovate(options)
  await tradovate.hosts.open(options.port)
  return new Sandbox(tradovate)
}

module.exports = { startSandbox }
