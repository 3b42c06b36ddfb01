'use strict'
// tradovate-session accounts: lists the accounts that the login can see.

const { waitOf, withSource } = require('../source.js')
const { accountLines } = require('../format.js')

async function accounts(options, context) {
  const { terminal } = context
  const found = await withSource(options, context, source => source.getAccounts(waitOf(options, context)))
  if (options.json) terminal.line(JSON.stringify(found, null, 2))
  else for (const line of accountLines(found, terminal)) terminal.line(line)
}

module.exports = { accounts }
