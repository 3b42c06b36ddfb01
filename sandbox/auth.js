'use strict'
// The endpoints under /auth: asking for a token, renewing it, and who it belongs to.

const answers = require('./answers.js')
const { readFields } = require('./validation.js')

const WRONG_LOGIN = 'Incorrect username or password. Please try again, noting that passwords are case-sensitive.'
const PASSWORD_LIFE_MS = 90 * 24 * 3_600_000

const LOGIN_FIELDS = {
  name: { required: true, longest: 64 },
  password: { required: true, longest: 64, isSecret: true },
  appId: { longest: 64 },
  appVersion: { longest: 64 },
  deviceId: { longest: 64 },
  cid: { longest: 64, types: ['string', 'number'] },
  sec: { longest: 8_192, isSecret: true },
}

const tokenAnswer = ({ hosts, clock }, { session: { user }, accessToken, mdAccessToken, expiresAt }) =>
  answers.json({
    accessToken,
    mdAccessToken,
    expirationTime: new Date(expiresAt).toISOString(),
    passwordExpirationTime: new Date(clock() + PASSWORD_LIFE_MS).toISOString(),
    userStatus: 'Active',
    userId: user.userId,
    name: user.name,
    hasLive: true,
    hasMarketData: true,
    outdatedTaC: false,
    orgName: '',
    apiHosts: hosts.apiHosts,
  })

function requestToken(call, sandbox) {
  const { fields, found } = readFields(call, LOGIN_FIELDS)
  if (found.length > 0) return answers.violations(found)
  const user = sandbox.users.named(fields.name)
  if (!user?.accepts(fields)) return answers.errorText(WRONG_LOGIN)
  const { grant, evicted } = sandbox.sessions.open(user)
  sandbox.counts.logins += 1
  sandbox.counts.evictions += evicted
  return { ...tokenAnswer(sandbox, grant), generation: grant.generation }
}

function renewToken(call, sandbox) {
  const grant = sandbox.sessions.renew(call.grant, { extend: call.fault?.kind !== 'notExtending' })
  sandbox.counts.renewals += 1
  return tokenAnswer(sandbox, grant)
}

function me({ user }) {
  return answers.json({
    userId: user.userId,
    name: user.name,
    fullName: user.name,
    email: user.entity.email,
    emailVerified: true,
    isTrial: false,
  })
}

module.exports = { me, renewToken, requestToken }
