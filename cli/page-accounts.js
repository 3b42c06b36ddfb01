'use strict'
// The accounts that the page shows, and their balances. A viewer makes it call Tradovate only by a click.

const { partsOf } = require('./failure.js')

const ACCOUNT_FIELDS = ['id', 'name', 'nickname', 'accountType', 'active', 'marginAccountType', 'legalStatus']
const BALANCE_FIELDS = ['totalCashValue', 'openPnL', 'realizedPnL']
/** Balances cost a call for each account, and Tradovate does not want them polled. */
const BALANCES_EVERY_MS = 60_000
const MAY_CALL = ['active', 'degraded']

/** The accounts of a source. It asks for them when the source has a new token. */
class Roster {
  accounts = []
  /** Whether the accounts have come. */
  isKnown = false
  #source
  #eventLog
  #heard
  #generation

  /** `heard()` is called when the accounts have come. */
  constructor(source, eventLog, heard) {
    this.#source = source
    this.#eventLog = eventLog
    this.#heard = heard
    this.#generation = source.status().generation
    this.#look()
    source.on('token', ({ generation }) => {
      // The source tells of the token that was there from the start as well.
      if (generation <= this.#generation) return
      this.#generation = generation
      this.#look()
    })
  }

  async #look() {
    try {
      const found = await this.#source.getAccounts()
      this.#eventLog.called('list of accounts')
      this.accounts = found.map(account => fieldsOf(ACCOUNT_FIELDS, account))
      this.isKnown = true
      this.#heard()
    } catch {
      // The earlier accounts stay, and the status of the session says what is wrong.
    }
  }
}

/** The balances of a roster's accounts, as they were when somebody asked for them. */
class Balances {
  #source
  #roster
  #eventLog
  #heard
  #closing = new AbortController()
  #asking = false
  #askedAt
  #byAccount = {}
  #failures = []

  /** `heard()` is called whenever there is more to show. */
  constructor(source, roster, eventLog, heard) {
    this.#source = source
    this.#roster = roster
    this.#eventLog = eventLog
    this.#heard = heard
  }

  /** Gives the balances by account, what failed, and from when on they can be asked for again; none while they cannot. */
  told(now) {
    return {
      asking: this.#asking,
      askedAt: this.#askedAt,
      again: this.#mayCall() ? Math.max(now, (this.#askedAt ?? 0) + BALANCES_EVERY_MS) : undefined,
      byAccount: this.#byAccount,
      failures: this.#failures,
    }
  }

  /** Asks for the balances, one account after the other, unless that was done within the minute or no call may be made. */
  async ask(now) {
    if (this.#asking || !this.#mayCall() || now < (this.#askedAt ?? 0) + BALANCES_EVERY_MS) return
    this.#asking = true
    this.#askedAt = now
    this.#failures = []
    for (const { id, name } of this.#roster.accounts) {
      this.#heard()
      if (!(await this.#askFor(id, name))) break
    }
    this.#asking = false
    this.#heard()
  }

  close() {
    this.#closing.abort()
  }

  /** Tells whether to go on: a fault of one account does not concern the others. */
  async #askFor(id, name) {
    try {
      const balance = await this.#source.getCashBalance(id, { signal: this.#closing.signal })
      this.#byAccount = { ...this.#byAccount, [id]: fieldsOf(BALANCE_FIELDS, balance) }
      this.#eventLog.called('balance')
      return true
    } catch (error) {
      if (this.#closing.signal.aborted) return false
      const { [id]: _, ...others } = this.#byAccount
      this.#byAccount = others
      this.#failures = [...this.#failures, { name, text: partsOf(error).what }]
      return error.outcome === 'answered' && this.#mayCall()
    }
  }

  /** While Tradovate wants no calls, none is made for the page. */
  #mayCall() {
    return MAY_CALL.includes(this.#source.status().state)
  }
}

const fieldsOf = (names, entity) => Object.fromEntries(names.map(name => [name, entity[name]]))

module.exports = { Balances, Roster }
