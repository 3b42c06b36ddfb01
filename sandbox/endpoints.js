'use strict'
// Which endpoints there are, and who answers each. Each takes GET and POST: Tradovate's API does not mandate methods.

const auth = require('./auth.js')
const { TRADING } = require('./trading/endpoints.js')

const METHODS = ['GET', 'POST']

const guarded = answer => ({ needsToken: true, answer })

const ENDPOINTS = {
  'auth/accesstokenrequest': { needsToken: false, answer: auth.requestToken, staysWhenHostsMove: true },
  'auth/renewaccesstoken': { needsToken: true, answer: auth.renewToken, staysWhenHostsMove: true },
  'auth/me': guarded(auth.me),
  // By their paths in lower case, as endpoints are known here.
  ...Object.fromEntries(Object.entries(TRADING).map(([path, answer]) => [path.toLowerCase(), guarded(answer)])),
}

const endpointOf = ({ endpoint }) => (Object.hasOwn(ENDPOINTS, endpoint) ? ENDPOINTS[endpoint] : undefined)

/** What counts against the hourly quota of an endpoint; nothing elsewhere. */
function countsAgainstQuota(endpoint, answer) {
  if (endpoint === 'auth/renewaccesstoken') return true
  if (endpoint === 'auth/accesstokenrequest') return answer.outcome === 'errorText'
  return endpoint === 'auth/me' && answer.outcome === 'refused'
}

module.exports = { METHODS, countsAgainstQuota, endpointOf }
