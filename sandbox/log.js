'use strict'
// Remembers what was called and what was answered, without any secret.

const LONGEST_ENDPOINT = 200

// A client's mistake can put a token into a path; its log entry must not repeat it.
const withoutSecrets = endpoint =>
  endpoint.replace(/sandbox-(token|md-token|ticket)-[0-9a-f]+/g, '<secret>').slice(0, LONGEST_ENDPOINT)

class Log {
  /** Live: grows with each call, and a test may empty it. */
  entries = []
  #most

  constructor(most) {
    this.#most = most
  }

  add({ endpoint, user, generation, ticket, ...entry }) {
    const known = {
      ...(user !== undefined && { user }),
      ...(generation !== undefined && { generation }),
      ...(ticket !== undefined && { withTicket: true }),
    }
    this.entries.push({ ...entry, endpoint: withoutSecrets(endpoint), ...known })
    // A tenth at once: dropping one from the front of a long array at each call would be slow.
    if (this.entries.length > this.#most) this.entries.splice(0, Math.ceil(this.#most / 10))
  }
}

module.exports = { Log }
