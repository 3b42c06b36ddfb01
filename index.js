'use strict'
// Everything that `tradovate-session` exports.

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
} = require('./errors.js')
const binding = require('./lib/binding.js')
const { clientOver } = require('./lib/client.js')
const { functionsOver } = require('./lib/functions.js')
const { servicesOver } = require('./lib/service.js')
const { sessionOver } = require('./lib/session.js')

const { getAccessToken, renewAccessToken, getAccounts, storedStatus } = functionsOver(binding)
const { Session } = sessionOver(binding)
const { bindService } = servicesOver(binding)
const { connect, TokenClient } = clientOver(binding)

module.exports = {
  getAccessToken,
  renewAccessToken,
  getAccounts,
  Session,
  storedStatus,
  bindService,
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
