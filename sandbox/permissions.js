'use strict'
// What a user's API key may do: everything but what is denied. Logins, renewals and auth/me need no permission.

const { matcherOf, normalise } = require('./endpoint-names.js')

const WANTED = "must be paths such as 'position/list', domains such as 'order/*', or '*'"

const isAuth = endpoint => endpoint.startsWith('auth/')
const everything = endpoint => !isAuth(endpoint)

/** Reads one pattern or an array of them into rules; `what` names them in an error. */
function readPatterns(given, what) {
  const texts = Array.isArray(given) ? given : [given]
  return texts.map(text => {
    if (typeof text !== 'string') throw new TypeError(`${what} ${WANTED}`)
    const pattern = normalise(text)
    const matches = pattern === '*' ? everything : matcherOf(pattern)
    if (matches === undefined) throw new TypeError(`${what} ${WANTED}`)
    if (isAuth(pattern)) throw new TypeError(`${what} cannot have endpoints under auth/: they need no permission`)
    return { pattern, matches }
  })
}

/** Rules in the order in which they were made: the last one that matches an endpoint counts. */
class Permissions {
  #rules = []

  deny(patterns) {
    this.#add(patterns, true)
  }

  allow(patterns) {
    this.#add(patterns, false)
  }

  denies(endpoint) {
    return this.#rules.findLast(({ matches }) => matches(endpoint))?.isDenied ?? false
  }

  #add(patterns, isDenied) {
    for (const { pattern, matches } of patterns) {
      this.#rules = this.#rules.filter(rule => rule.pattern !== pattern)
      this.#rules.push({ pattern, matches, isDenied })
    }
  }
}

module.exports = { Permissions, readPatterns }
