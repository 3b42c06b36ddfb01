'use strict'
// The data that the page shows. There is no token in it.

const { textsBelow } = require('./event-log.js')
const { partsOf } = require('./failure.js')

/** The limits that `serve` keeps to. A test compares them with the core's. */
const LIMITS = { logins: 3, loginsWithinMs: 600_000, renewals: 12, refusedLogins: 4 }

/** Gives what the page shows at `now`, by the clock of this machine. Times are in milliseconds or ISO 8601. */
function snapshotOf({ source, service, eventLog, roster, balances }, now) {
  const { reason, ...status } = source.status()
  return {
    now,
    status,
    reason: reason && reasonOf(reason),
    host: status.state === 'closed' ? undefined : source.host(status.environment),
    limits: LIMITS,
    dependents: service.dependents,
    lastCall: eventLog.lastCall,
    tokenSince: eventLog.tokenSince,
    accounts: roster.accounts,
    accountsKnown: roster.isKnown,
    balances: balances.told(now),
    events: eventsBelow(reason, eventLog.entries),
    day: eventLog.day(),
  }
}

function reasonOf(reason) {
  return { ...partsOf(reason), needsPerson: reason.needsPerson }
}

/** The events, latest first. */
function eventsBelow(reason, entries) {
  const latestFirst = entries.toReversed()
  const texts = textsBelow(reason, latestFirst)
  return latestFirst.map(({ at, kind }, i) => ({ at, kind, text: texts[i] }))
}

module.exports = { LIMITS, snapshotOf }
