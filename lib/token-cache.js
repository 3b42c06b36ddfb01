'use strict'
// This thread's view of a token that the core keeps: the present value, the events, and the calls that use it.

const { performance } = require('node:perf_hooks')

const { credentialsFromFunction } = require('../input/credentials.js')
const { SessionError, ThrownValues, failureFrom, unwrap } = require('../errors.js')
const { Events } = require('./events.js')
const { statusFrom } = require('./status.js')
const { traceRequest, tracesRequests, tracesTokens } = require('./tracing.js')

/** @typedef {import('../index.js').AccessToken} AccessToken */
/** @typedef {import('../index.js').SessionStatus} SessionStatus */
/** @typedef {import('../types/addon.js').SessionHandle} SessionHandle */
/** @typedef {import('./status.js').StatusJson} StatusJson */
/** @typedef {import('./events.js').EventJson} EventJson */
/** @typedef {import('./tracing.js').CallEvent} CallEvent */
/** @typedef {import('../errors.js').ErrorJson} ErrorJson */
/** @typedef {InstanceType<typeof ThrownValues>} Thrown */
/**
 * The core's JSON of all that has changed. `lack` says why there is no token; `asks` has the numbers of the core's requests for
 * credentials.
 *
 * @typedef {{
 *   token: AccessToken | null, remainingMs: number, freshMs: number, lack: ErrorJson | null, events: (EventJson | CallEvent)[],
 *   asks: number[],
 * }} Snapshot
 */

/**
 * A token, and its end by two clocks: the wall clock goes on while the machine sleeps, and the other one does not follow when
 * somebody sets the wall clock back.
 */
class CurrentToken {
  #goodUntilWall = 0
  #goodUntil = 0
  #freshUntilWall = 0
  #freshUntil = 0

  /**
   * @param {AccessToken | Partial<AccessToken>} token
   * @param {number} remainingMs
   * @param {number} freshMs
   */
  constructor(token, remainingMs, freshMs) {
    this.value = /** @type {Readonly<AccessToken>} */ (Object.freeze(token))
    this.promise = Promise.resolve(this.value)
    this.setTimes(remainingMs, freshMs)
  }

  /**
   * @param {number} remainingMs
   * @param {number} freshMs
   */
  setTimes(remainingMs, freshMs) {
    const wall = Date.now()
    const now = performance.now()
    this.#goodUntilWall = wall + remainingMs
    this.#goodUntil = now + remainingMs
    this.#freshUntilWall = wall + freshMs
    this.#freshUntil = now + freshMs
  }

  isGood() {
    return Date.now() < this.#goodUntilWall && performance.now() < this.#goodUntil
  }

  isFresh() {
    return Date.now() < this.#freshUntilWall && performance.now() < this.#freshUntil
  }
}

const noToken = new CurrentToken({}, 0, 0)

class TokenCache {
  #calls
  #handle
  // The core counts its changes here. `#seen` is the count that was last taken.
  #changes
  #seen = 0
  #number
  #noun
  #ask
  #holdsProcess
  /** @type {InstanceType<typeof Events> | undefined} */
  #events
  #thrown = new ThrownValues()
  #current = noToken
  #generation = 0
  /** @type {ErrorJson | null} */
  #lack = null
  #isTraced = false
  #isOpen = false
  /** @type {Promise<void> | undefined} */
  #closing

  /**
   * @param {Pick<import('./binding.js').Binding, 'calls' | 'SessionHandle'>} binding
   * @param {{ noun: string, keepProcessAlive?: boolean }} owner `noun` names the owner in errors.
   * @param {() => unknown} [ask] Gives credentials for later logins.
   */
  constructor({ calls, SessionHandle }, { noun, keepProcessAlive = false }, ask = () => undefined) {
    this.#calls = calls
    this.#noun = noun
    this.#ask = ask
    this.#holdsProcess = keepProcessAlive
    this.#number = calls.wakeups.listen(() => this.#take())
    this.#handle = new SessionHandle(calls.bridge, this.#number)
    this.#changes = this.#handle.changes()
    this.#setTraced()
  }

  /**
   * Takes the emitter from the start, so that no event is lost. The emitter hears them once the session is open.
   *
   * @param {import('node:events').EventEmitter} emitter
   */
  tell(emitter) {
    this.#events = new Events(emitter, () => this.#status().environment, this.#thrown)
  }

  /**
   * Opens the session by the call that `send` starts.
   *
   * @param {(handle: SessionHandle, id: number) => void} send
   * @param {AbortSignal} [signal]
   */
  async open(send, signal) {
    try {
      unwrap(await this.#calls.start(id => send(this.#handle, id), signal, this.#arrived), this.#thrown)
    } catch (error) {
      // The opener learns why opening failed. Nobody could use a failure to close.
      this.close().catch(() => {})
      throw error
    }
    this.#take()
    if (this.#holdsProcess) this.#calls.hold()
    this.#isOpen = true
    this.#events?.release()
  }

  /**
   * Gives the result of the call that `send` starts.
   *
   * @param {(handle: SessionHandle, id: number) => void} send
   * @param {AbortSignal} [signal]
   * @param {import('./tracing.js').Endpoint} [endpoint] The one that is called, by which the call is traced.
   */
  call(send, signal, endpoint) {
    return this.#traced(endpoint, async traced => unwrap(await this.#outcome(send, signal, traced), this.#thrown))
  }

  /**
   * The same for an answer that is passed on as it came: its head, which is JSON, and its body.
   *
   * @param {(handle: SessionHandle, id: number) => void} send
   * @param {AbortSignal | undefined} signal
   * @param {import('./tracing.js').Endpoint} endpoint
   */
  fetch(send, signal, endpoint) {
    return this.#traced(endpoint, async traced => {
      const { text, bytes, error } = await this.#outcome(send, signal, traced)
      return { head: /** @type {string} */ (unwrap({ text, error }, this.#thrown)), bytes }
    })
  }

  /**
   * @template T
   * @param {import('./tracing.js').Endpoint | undefined} endpoint
   * @param {(traced?: import('./tracing.js').Traced) => Promise<T>} make
   */
  #traced(endpoint, make) {
    return endpoint && tracesRequests() ? traceRequest(endpoint, make) : make()
  }

  /**
   * @param {(handle: SessionHandle, id: number) => void} send
   * @param {AbortSignal} [signal]
   * @param {import('./tracing.js').Traced} [traced]
   */
  async #outcome(send, signal, traced) {
    this.refuseIfClosed('not-sent')
    return this.#calls.start(id => send(this.#handle, id), signal, this.#arrived, traced)
  }

  get generation() {
    this.#catchUp()
    return this.#generation
  }

  // Gives the token, or throws the reason why there is none.
  get value() {
    this.#catchUp()
    return this.#current.isGood() ? this.#current.value : this.#recheck()
  }

  // Gives a promise of the token, if it is good for a while.
  get fresh() {
    this.#catchUp()
    return this.#current.isFresh() ? this.#current.promise : undefined
  }

  /**
   * @param {import('../index.js').HostPurpose} purpose
   * @returns {{ host: string, webSocketUrl: string, baseUrl: string, firstBaseUrl: string }}
   */
  host(purpose) {
    this.refuseIfClosed()
    return JSON.parse(this.#handle.host(purpose) ?? 'null')
  }

  /** @returns {SessionStatus} */
  status() {
    const status = this.#status()
    // The core counts a change after it shows it. What is read after this is at least as new as the status.
    this.#take()
    return this.#closing ? { ...status, state: 'closed' } : status
  }

  /** @param {import('../index.js').CallOutcome} [outcome] What became of the call that is refused. */
  refuseIfClosed(outcome) {
    if (this.#closing) throw new SessionError(`The ${this.#noun} is closed`, { code: 'ERR_TRADOVATE_CLOSED', outcome })
  }

  close() {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close() {
    this.#current = noToken
    try {
      unwrap(await this.#calls.start(id => this.#handle.close(id)), this.#thrown)
    } finally {
      if (this.#isOpen && this.#holdsProcess) this.#calls.release()
      // The core tells nothing after this: the last events are taken here.
      this.#calls.wakeups.leave(this.#number)
      this.#take()
      // The process lives until a login or renewal under way has ended, or its token would be lost.
      this.#calls
        .start(id => this.#handle.ended(id))
        .then(this.#takeLast)
        .catch(() => {})
    }
  }

  #takeLast = () => {
    /** @type {Snapshot} */
    const { events } = JSON.parse(this.#handle.snapshot())
    this.#events?.addLast(events)
  }

  /**
   * Runs before a call's promise settles: the caller then sees the new token, or that the token is lost.
   *
   * @type {import('./calls.js').Arrived}
   */
  #arrived = (generation, error) => {
    if (error || generation !== this.#generation) this.#take()
    this.#generation = Math.max(this.#generation, generation)
  }

  #status() {
    return statusFrom(JSON.parse(this.#handle.status() ?? 'null'), this.#thrown)
  }

  // While this thread computes, no wakeup reaches it. Each read looks for changes by itself.
  #catchUp() {
    if (Atomics.load(this.#changes, 0) !== this.#seen) this.#take()
  }

  #take() {
    this.#setTraced()
    this.#seen = Atomics.load(this.#changes, 0)
    /** @type {Snapshot} */
    const { token, remainingMs, freshMs, lack, events, asks } = JSON.parse(this.#handle.snapshot())
    if (!this.#closing) {
      this.#setToken(token, remainingMs, freshMs)
      this.#lack = lack
      for (const ask of asks) this.#answer(ask)
    }
    this.#events?.add(events)
  }

  // A subscriber hears at once when a login begins. Without one, this thread is not woken.
  #setTraced() {
    const isTraced = tracesTokens()
    if (isTraced === this.#isTraced) return
    this.#isTraced = isTraced
    this.#handle.setTraced(isTraced)
  }

  /**
   * @param {AccessToken | null} token
   * @param {number} remainingMs
   * @param {number} freshMs
   */
  #setToken(token, remainingMs, freshMs) {
    if (!token) {
      this.#current = noToken
      return
    }
    this.#generation = token.generation
    const { generation, accessToken } = this.#current.value
    // A service that lost its record may give the same generation to another token.
    const isSame = generation === token.generation && accessToken === token.accessToken
    if (isSame) this.#current.setTimes(remainingMs, freshMs)
    else this.#current = new CurrentToken(token, remainingMs, freshMs)
  }

  // The core corrects its clock by the server's. Where ours was set forward, it knows that the token is still good.
  #recheck() {
    this.refuseIfClosed()
    this.#take()
    if (this.#current.isGood()) return this.#current.value
    if (this.#lack) throw failureFrom(this.#lack, this.#thrown)
    throw new SessionError(`The ${this.#noun} has no token that is still good`)
  }

  /** @param {number} ask */
  async #answer(ask) {
    try {
      const credentials = JSON.stringify(await credentialsFromFunction(this.#ask))
      if (!this.#closing) this.#handle.provide(ask, credentials)
    } catch (error) {
      if (!this.#closing) this.#handle.decline(ask, this.#thrown.keep(error))
    }
  }
}

module.exports = { CurrentToken, TokenCache, noToken }
