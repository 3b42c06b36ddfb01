'use strict'
// Turns the core's JSON of a status into the status that callers see.

const { errorFrom } = require('../errors.js')

/** @typedef {import('../index.js').SessionStatus} SessionStatus */
/** @typedef {'expiresAt' | 'renewsAt' | 'retryAt'} Time */
/**
 * The core's JSON of a status. Times are in milliseconds.
 *
 * @typedef {Omit<SessionStatus, Time | 'reason'>
 *   & { [name in Time]?: number } & { reason?: import('../errors.js').ErrorJson }} StatusJson
 */

/** @type {readonly Time[]} */
const TIMES = ['expiresAt', 'renewsAt', 'retryAt']

/**
 * @param {StatusJson} json
 * @param {InstanceType<typeof import('../errors.js').ThrownValues>} [thrown]
 */
function statusFrom(json, thrown) {
  /** @type {Record<string, unknown>} */
  const status = { ...json }
  for (const name of TIMES) {
    const at = json[name]
    if (at !== undefined) status[name] = new Date(at)
  }
  if (json.reason) status.reason = errorFrom(json.reason, thrown)
  return /** @type {SessionStatus} */ (/** @type {unknown} */ (status))
}

module.exports = { statusFrom }
