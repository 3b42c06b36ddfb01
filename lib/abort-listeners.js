'use strict'
// One listener for each signal, however many wait for it: Node takes more than ten for a leak, and warns.

/** @type {WeakMap<AbortSignal, { waiting: Set<() => void>, onAbort: () => void }>} */
const listeners = new WeakMap()

/**
 * Calls `then` when a signal aborts. Whoever no longer waits says so by {@link stopWaiting}.
 *
 * @param {AbortSignal} signal
 * @param {() => void} then
 */
function waitForAbort(signal, then) {
  const known = listeners.get(signal)
  if (known) {
    known.waiting.add(then)
    return
  }
  const waiting = new Set([then])
  const onAbort = () => {
    for (const each of waiting) each()
  }
  listeners.set(signal, { waiting, onAbort })
  signal.addEventListener('abort', onAbort)
}

/**
 * @param {AbortSignal} signal
 * @param {() => void} then
 */
function stopWaiting(signal, then) {
  const known = listeners.get(signal)
  known?.waiting.delete(then)
  if (!known || known.waiting.size > 0) return
  listeners.delete(signal)
  signal.removeEventListener('abort', known.onAbort)
}

module.exports = { stopWaiting, waitForAbort }
