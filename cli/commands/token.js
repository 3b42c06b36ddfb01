'use strict'
// tradovate-session token: tells until when the token is good, and prints the token itself only with --show.

const { waitOf, withSource } = require('../source.js')
const { duration } = require('../format.js')

async function token({ show, json, ...options }, context) {
  const { terminal } = context
  const found = await withSource(options, context, source => source.getAccessToken(waitOf(options, context)))
  terminal.line(json ? JSON.stringify(show ? found : withoutTokens(found)) : show ? found.accessToken : expiry(found))
}

function withoutTokens({ expirationTime, generation, userId }) {
  return { expirationTime, generation, userId }
}

function expiry({ generation, expirationTime }) {
  const left = new Date(expirationTime) - Date.now()
  return `Token ${generation} is good until ${expirationTime}, ${duration(left)} from now. --show prints it.`
}

module.exports = { token }
