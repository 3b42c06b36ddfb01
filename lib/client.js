'use strict'
// A TokenClient: a dependent, whose token comes from a token service and never from a login of its own.

const { KeptToken } = require('./kept-token.js')
const { connectOptions } = require('./options.js')
const { TokenSource } = require('./token-source.js')

function clientOver(binding) {
  const opening = Symbol('opening')

  class TokenClient extends TokenSource {
    constructor(key, kept, timeoutMs) {
      if (key !== opening) throw new TypeError('A TokenClient is made by connect()')
      super(kept, timeoutMs)
    }
  }

  async function connect(options) {
    const { signal, ...settings } = connectOptions(options)
    if (signal?.aborted) throw signal.reason
    const kept = new KeptToken(binding, { noun: 'token client' })
    const client = new TokenClient(opening, kept, settings.timeoutMs)
    await kept.open((handle, id) => handle.connect(id, JSON.stringify(settings)), signal)
    return client
  }

  return { connect, TokenClient }
}

module.exports = { clientOver }
