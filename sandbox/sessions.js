'use strict'
// The sessions that logins opened, and the token strings that were handed out for them.

const { randomBytes } = require('node:crypto')

// Old token strings are remembered so that they answer as expired or closed; beyond this many they become unknown.
const MOST_TOKENS = 50_000

// A clock that was set back is further away.
const SAME_MOMENT_MS = 1000

const fakeSecret = kind => `sandbox-${kind}-${randomBytes(24).toString('hex')}`

class Sessions {
  #grants = new Map()
  #ofUser = new Map()
  #generations = new Map()
  #clock
  #options

  constructor(clock, { tokenLifetimeMs, maxSessions, renewalKeepsOldToken }) {
    this.#clock = clock
    this.#options = { tokenLifetimeMs, maxSessions, renewalKeepsOldToken }
  }

  /** Opens a session for a login; `evicted` is how many it closed to make room. */
  open(user) {
    const open = this.#openSessions(user)
    const evicted = open.splice(0, open.length + 1 - this.#options.maxSessions)
    for (const session of evicted) session.closed = true
    const session = {
      user,
      closed: false,
      expiresAt: this.#clock() + this.#options.tokenLifetimeMs,
      current: undefined,
    }
    open.push(session)
    return { grant: this.#issue(session), evicted: evicted.length }
  }

  /** Hands out the next token string of the same session. It ends later than the one before, even in the same millisecond. */
  renew({ session, ...old }, { extend = true } = {}) {
    if (extend) {
      const end = this.#clock() + this.#options.tokenLifetimeMs
      const early = session.expiresAt - end
      session.expiresAt = early >= 0 && early < SAME_MOMENT_MS ? session.expiresAt + 1 : end
    }
    if (!this.#options.renewalKeepsOldToken) this.#grants.get(old.accessToken).replaced = true
    return this.#issue(session)
  }

  /** What a token string is worth now: 'good', 'expired', 'closed', or 'unknown' without a grant. */
  look(accessToken) {
    const grant = this.#grants.get(accessToken)
    if (grant === undefined) return { validity: 'unknown' }
    if (this.#clock() >= grant.expiresAt) return { validity: 'expired', grant }
    if (grant.session.closed) return { validity: 'closed', grant }
    return { validity: grant.replaced ? 'unknown' : 'good', grant }
  }

  /** Closes every open session of a user and says how many there were. */
  closeAll(user) {
    const open = this.#openSessions(user)
    for (const session of open) session.closed = true
    return open.length
  }

  #openSessions(user) {
    const now = this.#clock()
    const open = (this.#ofUser.get(user) ?? []).filter(session => !session.closed && session.expiresAt > now)
    this.#ofUser.set(user, open)
    return open
  }

  #issue(session) {
    const generation = (this.#generations.get(session.user) ?? 0) + 1
    this.#generations.set(session.user, generation)
    const grant = {
      accessToken: fakeSecret('token'),
      mdAccessToken: fakeSecret('md-token'),
      expiresAt: session.expiresAt,
      generation,
      session,
      replaced: false,
    }
    session.current = grant
    this.#grants.set(grant.accessToken, grant)
    this.#forgetOldest()
    return grant
  }

  #forgetOldest() {
    for (const [accessToken, grant] of this.#grants) {
      if (this.#grants.size <= MOST_TOKENS) return
      const isInUse = grant.session.current === grant && !grant.session.closed
      if (!isInUse) this.#grants.delete(accessToken)
    }
  }
}

module.exports = { Sessions, fakeSecret }
