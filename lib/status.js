'use strict'
// A session's status as its owner sees it.

const { errorFrom, unwrap } = require('./errors.js')
const { sessionOptions } = require('./options.js')

const TIMES = ['expiresAt', 'renewsAt', 'retryAt']

function statusFrom(json, thrown) {
  const status = { ...json }
  for (const name of TIMES) {
    if (json[name] !== undefined) status[name] = new Date(json[name])
  }
  if (json.reason) status.reason = errorFrom(json.reason, thrown)
  return status
}

// How a login stands by what its store says, without a session and without any call to Tradovate.

function storedOver({ calls }) {
  // The status, with no counts in it, or undefined if nothing is stored for the login of this name, appId and cid.
  return async function storedStatus(identity, options) {
    const { environment, baseUrl, store, signal } = sessionOptions(options)
    // A session falls back to memory where the default folder cannot be used; who looks wants to know that.
    const place = store.config.path ? { ...store.config, isRequired: true } : store.config
    const config = JSON.stringify({ environment, baseUrl, store: place })
    const send = id => calls.bridge.storedStatus(id, config, JSON.stringify({ password: '', ...identity }), store.key)
    const text = unwrap(await calls.start(send, signal))
    return text ? statusFrom(JSON.parse(text)) : undefined
  }
}

module.exports = { statusFrom, storedOver }
