'use strict'
// Keeps the last events of a token source in words, and counts the events of each kind in each of the last 24 hours.

const { describe, partsOf } = require('./failure.js')
const { duration } = require('./format.js')

const MOST_ENTRIES = 50
const HOUR_MS = 3_600_000
const HOURS = 24
const COUNTED = { login: 'logins', renewal: 'renewals', adopted: 'adoptions', warning: 'failures' }

/** Listens to a token source for as long as the source lives. */
class EventLog {
  /**
   * `{ at, kind, text, error? }`, oldest first; `kind` is `token`, `status` or `warning`. `error` is what a warning is about, or the
   * reason of a status, unless the entry before tells it.
   */
  entries = []
  /** The time of the event that told the present token, in milliseconds. */
  tokenSince
  /** The last call to Tradovate that was answered well, `{ what, at }`; undefined before the first. */
  lastCall
  #hours = new Map()
  #now
  #heard

  /** `heard(entry)` is called for each entry. */
  constructor(source, { now = Date.now, heard = () => {} } = {}) {
    this.#now = now
    this.#heard = heard
    this.tokenSince = now()
    source.on('token', token => this.#token(token))
    source.on('status', ({ state, reason }) => this.#status(state, reason))
    source.on('warning', error => {
      this.#count('warning')
      this.#add({ kind: 'warning', text: '', error })
    })
  }

  /** Notes a call that was answered well, in a word or two. */
  called(what) {
    this.lastCall = { what, at: this.#now() }
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
    if (how !== 'adopted') this.called(how)
    const left = duration(new Date(expirationTime) - this.#now())
    this.#add({
      kind: 'token',
      text: `Token ${generation} ${how === 'adopted' ? 'adopted' : `by ${how}`}, good for ${left}.`,
    })
  }

  #status(state, reason) {
    const before = this.entries.at(-1)?.error
    const isTold = reason && before && partsOf(before).what === partsOf(reason).what
    this.#add({ kind: 'status', text: `Now ${state}.`, ...(reason && !isTold && { error: reason }) })
  }

  #add(event) {
    const entry = { at: new Date(this.#now()), ...event }
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

/** Gives an entry whole, with what to do about it: a line of a log stands alone. */
const wholeText = ({ text, error }) => joined([text, error && describe(error)])

/**
 * Gives the texts of entries that are shown below `reason`, in their order: what happened, and not what to do. What is told above
 * is not told again.
 */
function textsBelow(reason, entries) {
  const above = new Set(reason && [partsOf(reason).what])
  return entries.map(({ text, error }) => {
    if (!error) return text
    const { code, what } = partsOf(error)
    if (above.has(what)) return joined([text, `${code}, as above.`])
    above.add(what)
    return joined([text, what])
  })
}

const joined = texts => texts.filter(Boolean).join(' ')

module.exports = { EventLog, textsBelow, wholeText }
