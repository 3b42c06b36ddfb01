'use strict'
// The calls of this thread that are under way: settles them, drops them on abort, and keeps the process alive for them.

const { clearInterval, setInterval } = require('node:timers')

const { stopWaiting, waitForAbort } = require('./abort-listeners.js')
const { LongList } = require('./answer.js')

/** @typedef {InstanceType<typeof import('./answer.js').LongList>} List */
/** @typedef {{ text: string | null, list: List | undefined, bytes: Uint8Array | null, error: string | null }} Outcome */
/** @typedef {(generation: number, error: string | null) => void} Arrived */
/** @typedef {import('./tracing.js').Traced} Traced */
/** @typedef {import('../types/addon.js').Bridge} Bridge */
/**
 * @typedef {{
 *   resolve: (outcome: Outcome) => void, reject: (reason: unknown) => void, arrived: Arrived | undefined,
 *   signal: AbortSignal | undefined, onAbort: (() => void) | undefined, list: List | undefined, traced: Traced | undefined,
 * }} Call
 */

/** The sessions and dependents that the core can wake, by number, from their opening until they are closed. */
class Wakeups {
  /** @type {Map<number, () => void>} */
  #listeners = new Map()
  #lastNumber = 0

  get size() {
    return this.#listeners.size
  }

  /**
   * Gives the number by which `listener` is called.
   *
   * @param {() => void} listener
   */
  listen(listener) {
    this.#lastNumber += 1
    this.#listeners.set(this.#lastNumber, listener)
    return this.#lastNumber
  }

  /**
   * Forgets the listener, so that its owner can be collected.
   *
   * @param {number} number
   */
  leave(number) {
    this.#listeners.delete(number)
  }

  /** @param {number} number */
  wake(number) {
    this.#listeners.get(number)?.()
  }
}

// Fits a signed and an unsigned 32-bit integer.
const MOST_ID = 0x7fffffff
const LONGEST_INTERVAL_MS = 0x7fffffff

class Calls {
  wakeups = new Wakeups()
  #Bridge
  /** @type {Bridge | undefined} */
  #bridge
  /** @type {Map<number, Call>} */
  #pending = new Map()
  #lastId = 0
  #holds = 0
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  /** @param {typeof import('../types/addon.js').Bridge} Bridge */
  constructor(Bridge) {
    this.#Bridge = Bridge
  }

  /**
   * The core's way back to this thread, from the first use to the last. While the addon holds it, nothing that its functions
   * lead to can be collected: in Jest, all that a test file has made.
   */
  get bridge() {
    this.#bridge ??= new this.#Bridge(
      (...settled) => this.#settle(...settled),
      number => this.wakeups.wake(number),
    )
    return this.#bridge
  }

  /**
   * Makes the bridge, if there is none, in a turn of its own. Jest counts what is made in the turn of a test as a handle of that
   * test, and cannot see that this one keeps no process alive.
   */
  async ready() {
    await undefined
    return this.bridge
  }

  /**
   * Starts a call and resolves with its outcome, after `arrived` was called. Rejects only with the signal's reason. If `traced` is
   * given the core notes what the call comes to.
   *
   * @param {(id: number, bridge: Bridge) => void} send
   * @param {AbortSignal} [signal]
   * @param {Arrived} [arrived]
   * @param {Traced} [traced]
   * @returns {Promise<Outcome>}
   */
  start(send, signal, arrived, traced) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const id = this.#nextId()
      const onAbort = signal && (() => this.#abort(id))
      this.#pending.set(id, { resolve, reject, arrived, signal, onAbort, list: undefined, traced })
      this.hold()
      if (signal && onAbort) waitForAbort(signal, onAbort)
      if (traced) this.bridge.trace(id)
      try {
        send(id, this.bridge)
      } catch (error) {
        this.#end(id)
        reject(error)
      }
    })
  }

  // The addon's callbacks are weak: an idle process ends. Where it must not end, one timer keeps it alive.
  hold() {
    this.#holds += 1
    if (this.#holds > 1) return
    if (this.#timer) this.#timer.ref()
    else this.#timer = setInterval(() => {}, LONGEST_INTERVAL_MS)
  }

  release() {
    this.#holds -= 1
    if (this.#holds > 0) return
    this.#timer?.unref()
    if (this.wakeups.size === 0) this.#dropBridge()
  }

  #dropBridge() {
    this.#bridge = undefined
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** @param {number} id */
  #abort(id) {
    const call = this.#end(id)
    call?.reject(call.signal?.reason)
    this.bridge.cancel(id)
  }

  #nextId() {
    do {
      this.#lastId = (this.#lastId % MOST_ID) + 1
    } while (this.#pending.has(this.#lastId))
    return this.#lastId
  }

  /** @param {number} id */
  #end(id) {
    const call = this.#pending.get(id)
    if (!call) return undefined
    this.#pending.delete(id)
    if (call.signal && call.onAbort) stopWaiting(call.signal, call.onAbort)
    if (call.traced) call.traced(this.bridge.traced(id))
    this.release()
    return call
  }

  /** @type {ConstructorParameters<typeof import('../types/addon.js').Bridge>[0]} */
  #settle = (id, text, error, generation, more, values, bytes) => {
    // A call can be cancelled while the core settles it.
    const call = more ? this.#pending.get(id) : this.#end(id)
    if (!call) return
    if (more) {
      call.list ??= new LongList()
      call.list.add(text ?? '', values)
      return
    }
    try {
      call.list?.end()
      call.arrived?.(generation, error)
      call.resolve({ text, list: call.list, bytes, error })
    } catch (failure) {
      call.reject(failure)
    }
  }
}

module.exports = { Calls, Wakeups }
