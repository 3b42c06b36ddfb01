'use strict'
// The table of contents: everything that `tradovate-session` exports.

const binding = require('./lib/binding.js')
const { clientOver } = require('./lib/service.js')
const {
  TradovateError,
  ConfigError,
  CredentialsError,
  PenaltyError,
  SessionError,
  NetworkError,
  ProtocolError,
  StoreError,
  ServiceError,
} = require('./lib/errors.js')
const { functionsOver } = require('./lib/functions.js')
const { sessionOver } = require('./lib/session.js')

const { getAccessToken, renewAccessToken, getAccounts } = functionsOver(binding)
const { Session } = sessionOver(binding)
const { connect, TokenClient } = clientOver(binding)

module.exports = {
  getAccessToken,
  renewAccessToken,
  getAccounts,
  Session,
  connect,
  TokenClient,
  TradovateError,
  ConfigError,
  CredentialsError,
  PenaltyError,
  SessionError,
  NetworkError,
  ProtocolError,
  StoreError,
  ServiceError,
}
