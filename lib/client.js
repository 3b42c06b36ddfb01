'use strict'
// A TokenClient is a dependent: its token comes from a token service, and never from a login of its own.

const { connectOptions } = require('./options.js')
const { TokenCache } = require('./token-cache.js')
const { TokenSource } = require('./token-source.js')

/** @param {Pick<import('./binding.js').Binding, 'calls' | 'SessionHandle'>} binding */
function clientOver(binding) {
  const opening = Symbol('opening')

  class TokenClient extends TokenSource {
    /**
     * @param {symbol} key
     * @param {InstanceType<typeof TokenCache>} cache
     * @param {number} timeoutMs
     */
    constructor(key, cache, timeoutMs) {
      if (key !== opening) throw new TypeError('A TokenClient is made by connect()')
      super(cache, timeoutMs)
    }
  }

  /** @param {unknown} options */
  async function connect(options) {
    const { signal, ...settings } = connectOptions(options)
    if (signal?.aborted) throw signal.reason
    await binding.calls.ready()
    const cache = new TokenCache(binding, { noun: 'token client' })
    const client = new TokenClient(opening, cache, settings.timeoutMs)
    await cache.open((handle, id) => handle.connect(id, JSON.stringify(settings)), signal)
    return client
  }

  return { connect, TokenClient }
}

module.exports = { clientOver }
