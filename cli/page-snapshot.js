'use strict'
// The data that the page shows. There is no token in it.

const { describe } = require('./failure.js')

const ACCOUNT_FIELDS = ['id', 'name', 'accountType', 'active', 'marginAccountType', 'legalStatus', 'nickname']

/** The accounts of a source. It asks for them when the source has a new token, so that no viewer makes it call Tradovate. */
class Roster {
  accounts = []
  #source
  #heard
  #generation

  /** `heard()` is called when the accounts have come. */
  constructor(source, heard) {
    this.#source = source
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
      this.accounts = found.map(account => Object.fromEntries(ACCOUNT_FIELDS.map(name => [name, account[name]])))
      this.#heard()
    } catch {
      // The earlier accounts stay, and the status of the session says what is wrong.
    }
  }
}

function snapshotOf(status, eventLog, accounts, now) {
  const { reason, ...rest } = status
  return {
    now,
    status: { ...rest, ...(reason && { reason: describe(reason) }) },
    tokenSince: eventLog.tokenSince,
    accounts,
    events: eventLog.entries,
    day: eventLog.day(),
  }
}

module.exports = { Roster, snapshotOf }
