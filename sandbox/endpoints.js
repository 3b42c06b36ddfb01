'use strict'
// Which endpoints there are, how each is called, and who answers it.

const accounts = require('./accounts.js')
const auth = require('./auth.js')
const orders = require('./orders.js')

const open = { needsToken: false }
const guarded = { needsToken: true }

const ENDPOINTS = {
  'auth/accesstokenrequest': { ...open, method: 'POST', answer: auth.requestToken, staysWhenHostsMove: true },
  'auth/renewaccesstoken': { ...guarded, method: 'GET', answer: auth.renewToken, staysWhenHostsMove: true },
  'auth/me': { ...guarded, method: 'GET', answer: auth.me },
  'account/list': { ...guarded, method: 'GET', answer: accounts.list },
  'account/item': { ...guarded, method: 'GET', answer: accounts.item },
  'account/items': { ...guarded, method: 'GET', answer: accounts.items },
  'account/find': { ...guarded, method: 'GET', answer: accounts.find },
  'account/suggest': { ...guarded, method: 'GET', answer: accounts.suggest },
  'account/deps': { ...guarded, method: 'GET', answer: accounts.deps },
  'account/ldeps': { ...guarded, method: 'GET', answer: accounts.ldeps },
  'cashbalance/getcashbalancesnapshot': { ...guarded, method: 'POST', answer: accounts.cashBalance },
  'order/list': { ...guarded, method: 'GET', answer: orders.list },
  'order/placeorder': { ...guarded, method: 'POST', answer: orders.place },
}

const endpointOf = ({ endpoint }) => (Object.hasOwn(ENDPOINTS, endpoint) ? ENDPOINTS[endpoint] : undefined)

/** What counts against the hourly quota of an endpoint; nothing elsewhere. */
function countsAgainstQuota(endpoint, answer) {
  if (endpoint === 'auth/renewaccesstoken') return true
  if (endpoint === 'auth/accesstokenrequest') return answer.outcome === 'errorText'
  return endpoint === 'auth/me' && answer.outcome === 'refused'
}

module.exports = { countsAgainstQuota, endpointOf }
