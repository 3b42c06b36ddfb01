'use strict'
// Tradovate's documented examples, one for one: each is one HTTP call and keeps nothing.

const { parseAnswer } = require('./answer.js')
const { checkCredentials } = require('./credentials.js')
const { unwrap } = require('./errors.js')
const { accessToken: checkAccessToken } = require('./input.js')
const { callOptions } = require('./options.js')

function functionsOver({ calls }) {
  const { bridge } = calls

  async function getAccessToken(credentials, options) {
    const text = JSON.stringify(checkCredentials(credentials))
    const send = (...call) => bridge.getAccessToken(...call)
    return oneCall('auth/accesstokenrequest', send, text, options)
  }

  async function renewAccessToken(accessToken, options) {
    const send = (...call) => bridge.renewAccessToken(...call)
    return oneCall('auth/renewaccesstoken', send, checkAccessToken(accessToken), options)
  }

  async function getAccounts(accessToken, options) {
    const send = (...call) => bridge.getAccounts(...call)
    return oneCall('account/list', send, checkAccessToken(accessToken), options)
  }

  // `send` is the addon's function for the call, `what` its own argument.
  async function oneCall(path, send, what, options) {
    const { environment, baseUrl, timeoutMs, signal } = callOptions(options)
    const outcome = await calls.start(id => send(id, what, environment, baseUrl, timeoutMs), signal)
    return parseAnswer(unwrap(outcome), path)
  }

  return { getAccessToken, renewAccessToken, getAccounts }
}

module.exports = { functionsOver }
