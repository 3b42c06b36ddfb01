'use strict'
// Keeps the last events of a token source in words, and counts the events of each kind in each of the last 24 hours.

const { describe } = require('./failure.js')
const { duration } = require('./format.js')

const MOST_ENTRIES = 50
const HOUR_MS = 3_600_000
const HOURS = 24
const COUNTED = { login: 'logins', renewal: 'renewals', adopted: 'adoptions', warning: 'failures' }

/** Listens to a token source for as long as the source lives. */
class EventLog {
  /** `{ at, kind, text }`, oldest first; `kind` is `token`, `status` or `warning`. */
  entries = []
  /** The time of the event that told the present token, in milliseconds. */
  tokenSince
  #hours = new Map()
  #now
  #heard

  /** `heard(entry)` is called for each entry. */
  constructor(source, { now = Date.now, heard = () => {} } = {}) {
    this.#now = now
    this.#heard = heard
    this.tokenSince = now()
    source.on('token', token => this.#token(token))
    source.on('status', status => this.#add('status', stateText(status)))
    source.on('warning', error => {
      this.#count('warning')
      this.#add('warning', describe(error))
    })
  }

  /** Gives the last 24 hours, oldest first, each with its start and its counts. */
  day() {
    const last = hourOf(this.#now())
    return Array.from({ length: HOURS }, (_, i) => {
      const startsAt = last - (HOURS - 1 - i) * HOUR_MS
      return { startsAt, ...(this.#hours.get(startsAt) ?? emptyHour()) }
    })
  }

  #token({ generation, expirationTime, how }) {
    this.tokenSince = this.#now()
    this.#count(how)
    const left = duration(new Date(expirationTime) - this.#now())
    this.#add('token', `Token ${generation} ${how === 'adopted' ? 'adopted' : `by ${how}`}, good for ${left}.`)
  }

  #add(kind, text) {
    const entry = { at: new Date(this.#now()), kind, text }
    this.entries.push(entry)
    if (this.entries.length > MOST_ENTRIES) this.entries.shift()
    this.#heard(entry)
  }

  #count(what) {
    const startsAt = hourOf(this.#now())
    for (const old of this.#hours.keys()) if (old <= startsAt - HOURS * HOUR_MS) this.#hours.delete(old)
    const hour = this.#hours.get(startsAt) ?? emptyHour()
    hour[COUNTED[what]] += 1
    this.#hours.set(startsAt, hour)
  }
}

const emptyHour = () => Object.fromEntries(Object.values(COUNTED).map(name => [name, 0]))
const hourOf = at => Math.floor(at / HOUR_MS) * HOUR_MS

function stateText({ state, reason }) {
  return reason ? `Now ${state}. ${describe(reason)}` : `Now ${state}.`
}

module.exports = { EventLog }
