'use strict'
// Which endpoints there are, and who answers each. Each takes GET and POST: Tradovate's API does not mandate methods.

const accounts = require('./accounts.js')
const auth = require('./auth.js')
const orders = require('./orders.js')

const METHODS = ['GET', 'POST']

const guarded = answer => ({ needsToken: true, answer })

/** The endpoints of one kind of entity, under its name. */
const under = (name, calls) =>
  Object.fromEntries(Object.entries(calls).map(([call, answer]) => [`${name}/${call}`, guarded(answer)]))

const { cashBalance, ...accountCalls } = accounts

const ENDPOINTS = {
  'auth/accesstokenrequest': { needsToken: false, answer: auth.requestToken, staysWhenHostsMove: true },
  'auth/renewaccesstoken': { needsToken: true, answer: auth.renewToken, staysWhenHostsMove: true },
  'auth/me': guarded(auth.me),
  ...under('account', accountCalls),
  'cashbalance/getcashbalancesnapshot': guarded(cashBalance),
  ...under('order', orders.orders),
  'order/placeorder': guarded(orders.place),
  'order/cancelorder': guarded(orders.cancel),
  ...under('orderversion', orders.versions),
  ...under('command', orders.commands),
  ...under('contract', orders.contracts),
  ...under('position', orders.none),
  ...under('fill', orders.none),
}

const endpointOf = ({ endpoint }) => (Object.hasOwn(ENDPOINTS, endpoint) ? ENDPOINTS[endpoint] : undefined)

/** What counts against the hourly quota of an endpoint; nothing elsewhere. */
function countsAgainstQuota(endpoint, answer) {
  if (endpoint === 'auth/renewaccesstoken') return true
  if (endpoint === 'auth/accesstokenrequest') return answer.outcome === 'errorText'
  return endpoint === 'auth/me' && answer.outcome === 'refused'
}

module.exports = { METHODS, countsAgainstQuota, endpointOf }
