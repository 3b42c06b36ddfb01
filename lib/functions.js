'use strict'
// Functions that keep nothing. Tradovate's documented examples make one HTTP call each; storedStatus reads a store.

const { unwrap } = require('../errors.js')
const { accessToken: checkAccessToken } = require('../input/checks.js')
const { checkCredentials, checkIdentity } = require('../input/credentials.js')
const { parseAnswer } = require('./answer.js')
const { callOptions, sessionOptions } = require('./options.js')
const { statusFrom } = require('./status.js')
const { TOKEN_ENDPOINTS, traceRequest, tracesRequests } = require('./tracing.js')

/** @typedef {import('./tracing.js').Endpoint} Endpoint */
/** @typedef {import('./tracing.js').Traced} Traced */

/** @type {Endpoint} */
const ACCOUNTS = { method: 'GET', path: 'account/list' }

/** @typedef {import('../types/addon.js').Bridge} Bridge */

/** @param {Pick<import('./binding.js').Binding, 'calls'>} binding */
function functionsOver({ calls }) {
  /**
   * @param {unknown} credentials
   * @param {unknown} [options]
   */
  async function getAccessToken(credentials, options) {
    const text = JSON.stringify(checkCredentials(credentials))
    return oneCall(TOKEN_ENDPOINTS.login, (bridge, id, how) => bridge.getAccessToken(id, text, how), options)
  }

  /**
   * @param {unknown} accessToken
   * @param {unknown} [options]
   */
  async function renewAccessToken(accessToken, options) {
    const token = checkAccessToken(accessToken)
    return oneCall(TOKEN_ENDPOINTS.renewal, (bridge, id, how) => bridge.renewAccessToken(id, token, how), options)
  }

  /**
   * @param {unknown} accessToken
   * @param {unknown} [options]
   */
  async function getAccounts(accessToken, options) {
    const token = checkAccessToken(accessToken)
    return oneCall(ACCOUNTS, (bridge, id, how) => bridge.getAccounts(id, token, how), options)
  }

  /**
   * @param {Endpoint} endpoint
   * @param {(bridge: Bridge, id: number, how: string) => void} send Starts the call; `how` has its options as JSON.
   * @param {unknown} options
   */
  async function oneCall(endpoint, send, options) {
    const { signal, ...settings } = callOptions(options)
    const how = JSON.stringify(settings)
    /** @param {Traced} [traced] */
    const make = async traced => {
      await calls.ready()
      return unwrap(await calls.start((id, bridge) => send(bridge, id, how), signal, undefined, traced))
    }
    const answer = await (tracesRequests() ? traceRequest(endpoint, make) : make())
    return parseAnswer(answer, endpoint.path)
  }

  /**
   * Gives the status of the login as its store tells it, without any count, or undefined if nothing is stored.
   *
   * @param {unknown} identity
   * @param {unknown} [options]
   */
  async function storedStatus(identity, options) {
    const login = JSON.stringify({ password: '', ...checkIdentity(identity) })
    const { environment, baseUrl, store, signal } = sessionOptions(options)
    // A session falls back to memory where the default folder cannot be used. Here that is an error.
    const place = store.config.path ? { ...store.config, isRequired: true } : store.config
    const config = JSON.stringify({ environment, baseUrl, store: place })
    await calls.ready()
    const text = unwrap(await calls.start((id, bridge) => bridge.storedStatus(id, config, login, store.key), signal))
    return typeof text === 'string' ? statusFrom(JSON.parse(text)) : undefined
  }

  return { getAccessToken, renewAccessToken, getAccounts, storedStatus }
}

module.exports = { functionsOver }
