'use strict'
// How much Tradovate lets a user and an address do in an hour, and the penalty tickets beyond it.

const answers = require('./answers.js')
const { fakeSecret } = require('./sessions.js')

const HOUR = 3_600_000
const LIMITED = ['auth/accesstokenrequest', 'auth/renewaccesstoken', 'auth/me']

/** Remembers at most `limit` moments: enough to tell whether so many fell into the last hour. */
class RollingHour {
  #moments = []
  #limit

  constructor(limit) {
    this.#limit = limit
  }

  add(now) {
    if (this.#limit === Number.POSITIVE_INFINITY) return
    this.#moments.push(now)
    if (this.#moments.length > this.#limit) this.#moments.shift()
  }

  count(now) {
    return this.#moments.filter(moment => moment > now - HOUR).length
  }

  isFull(now) {
    if (this.#limit === 0) return true
    return this.#moments.length >= this.#limit && this.#moments[0] > now - HOUR
  }
}

/** What is counted for one address at one endpoint, and the tickets it was given there. */
class Gate {
  #tickets = new Map()
  #counted
  #limit
  #penalties
  #backOffSeconds
  #clock

  constructor(clock, { limit, backOffSeconds, penaltiesBeforeCaptcha }) {
    this.#clock = clock
    this.#limit = limit
    this.#counted = new RollingHour(limit)
    this.#penalties = new RollingHour(penaltiesBeforeCaptcha)
    this.#backOffSeconds = backOffSeconds
  }

  count() {
    this.#counted.add(this.#clock())
  }

  /** How much of its limits is used up. */
  get use() {
    const now = this.#clock()
    return { counted: this.#counted.count(now), limit: this.#limit, penalties: this.#penalties.count(now) }
  }

  /** The penalty that this call runs into, or undefined if it may pass. A ticket lets one call pass. */
  admit(presented) {
    const now = this.#clock()
    for (const [ticket, { forgetAt }] of this.#tickets) if (now >= forgetAt) this.#tickets.delete(ticket)
    if (presented !== undefined && this.#tickets.size > 0) {
      const known = this.#tickets.get(presented)
      this.#tickets.delete(presented)
      return known !== undefined && now >= known.opensAt ? undefined : this.#penalise(known?.seconds)
    }
    return this.#counted.isFull(now) ? this.#penalise() : undefined
  }

  #penalise(seconds = this.#backOffSeconds) {
    const now = this.#clock()
    const captcha = this.#penalties.isFull(now)
    this.#penalties.add(now)
    const message = 'Too many requests. Try again later.'
    if (!captcha) return this.hand({ seconds, message })
    return this.#write({ seconds, captcha, message }, Number.POSITIVE_INFINITY, now + HOUR)
  }

  /** A penalty whose ticket is good after `seconds`, whatever was counted. */
  hand({ seconds, captcha = false, message }) {
    const opensAt = this.#clock() + seconds * 1_000
    return this.#write({ seconds, captcha, message }, opensAt, opensAt + HOUR)
  }

  #write({ seconds, captcha, message }, opensAt, forgetAt) {
    const ticket = fakeSecret('ticket')
    this.#tickets.set(ticket, { seconds, opensAt, forgetAt })
    return answers.penalty({ ticket, seconds, captcha, message })
  }
}

class Quotas {
  #gates = new Map()
  #rates = new Map()
  #clock
  #limits

  constructor(clock, limits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Counts a call of a user, or of an address without one, and tells whether it is beyond the hourly rate. */
  isRateLimited(user, address) {
    const who = user ?? address
    if (!this.#rates.has(who)) {
      const { requestsPerHour, anonymousRequestsPerHour } = this.#limits
      this.#rates.set(who, new RollingHour(user === undefined ? anonymousRequestsPerHour : requestsPerHour))
    }
    const rate = this.#rates.get(who)
    const now = this.#clock()
    const isFull = rate.isFull(now)
    rate.add(now)
    return isFull
  }

  /** Of one address at one endpoint, whoever calls. */
  gate(endpoint, address) {
    const key = `${endpoint} ${address}`
    if (!this.#gates.has(key)) {
      this.#gates.set(key, { endpoint, address, gate: new Gate(this.#clock, this.#limitsOf(endpoint)) })
    }
    return this.#gates.get(key).gate
  }

  /** What each address has used of the limits of the endpoints that have one. */
  get use() {
    const limited = [...this.#gates.values()].filter(({ endpoint }) => LIMITED.includes(endpoint))
    return limited.map(({ endpoint, address, gate }) => ({ endpoint, address, ...gate.use }))
  }

  #limitsOf(endpoint) {
    const { failedLoginsPerHour, renewalsPerHour, failedMePerHour, backOffSeconds, penaltiesBeforeCaptcha } =
      this.#limits
    const limits = {
      'auth/accesstokenrequest': { limit: failedLoginsPerHour, seconds: 15 },
      'auth/renewaccesstoken': { limit: renewalsPerHour, seconds: 15 },
      'auth/me': { limit: failedMePerHour, seconds: 30 },
    }
    const { limit, seconds } = limits[endpoint] ?? { limit: Number.POSITIVE_INFINITY, seconds: 15 }
    return { limit, backOffSeconds: backOffSeconds ?? seconds, penaltiesBeforeCaptcha }
  }
}

module.exports = { Quotas }
