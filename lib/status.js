'use strict'
// A session's status as its owner sees it.

const { errorFrom } = require('./errors.js')

const TIMES = ['expiresAt', 'renewsAt', 'retryAt']

function statusFrom(json, thrown) {
  const status = { ...json }
  for (const name of TIMES) {
    if (json[name] !== undefined) status[name] = new Date(json[name])
  }
  if (json.reason) status.reason = errorFrom(json.reason, thrown)
  return status
}

module.exports = { statusFrom }
