'use strict'
// Tradovate's documented examples, one for one: each is one HTTP call and keeps nothing.

const { entityOf, listOf, parseAnswer } = require('./answer.js')
const { checkCredentials } = require('./credentials.js')
const { unwrap } = require('./errors.js')
const { accessToken: checkAccessToken } = require('./input.js')
const { callOptions } = require('./options.js')

function functionsOver({ calls }) {
  const { bridge } = calls

  async function getAccessToken(credentials, options) {
    const text = JSON.stringify(checkCredentials(credentials))
    const { environment, baseUrl, timeoutMs, signal } = callOptions(options)
    const send = id => bridge.getAccessToken(id, text, environment, baseUrl, timeoutMs)
    const path = 'auth/accesstokenrequest'
    return entityOf(parseAnswer(unwrap(await calls.start(send, signal)), path), path)
  }

  async function renewAccessToken(accessToken, options) {
    checkAccessToken(accessToken)
    const { environment, baseUrl, timeoutMs, signal } = callOptions(options)
    const send = id => bridge.renewAccessToken(id, accessToken, environment, baseUrl, timeoutMs)
    const path = 'auth/renewaccesstoken'
    return entityOf(parseAnswer(unwrap(await calls.start(send, signal)), path), path)
  }

  async function getAccounts(accessToken, options) {
    checkAccessToken(accessToken)
    const { environment, baseUrl, timeoutMs, signal } = callOptions(options)
    const send = id => bridge.getAccounts(id, accessToken, environment, baseUrl, timeoutMs)
    const path = 'account/list'
    return listOf(await parseAnswer(unwrap(await calls.start(send, signal)), path), path)
  }

  return { getAccessToken, renewAccessToken, getAccounts }
}

module.exports = { functionsOver }
