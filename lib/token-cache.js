'use strict'
// A token that the core keeps, as this thread sees it: the present value, its events, and the calls that go with it.

const diagnostics = require('node:diagnostics_channel')
const { performance } = require('node:perf_hooks')
const { setImmediate } = require('node:timers')

const { credentialsFromFunction } = require('./credentials.js')
const { SessionError, ThrownValues, errorFrom, failureFrom, unwrap } = require('./errors.js')
const { statusFrom } = require('./status.js')

// The token that a session has now, and until when it is good.

// Two clocks: the wall clock goes on while the machine sleeps, the other does not follow when somebody sets it back.
class CurrentToken {
  #goodUntilWall = 0
  #goodUntil = 0
  #freshUntilWall = 0
  #freshUntil = 0

  constructor(token, remainingMs, freshMs) {
    this.value = Object.freeze(token)
    this.promise = Promise.resolve(this.value)
    this.setTimes(remainingMs, freshMs)
  }

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

// A session's events on their way to its listeners and to diagnostics_channel.

const channel = diagnostics.channel('tradovate-session')

class Events {
  #emitter
  #environment
  #thrown
  #waiting = []
  #released = false

  // `environment()` tells which one it is, once that is known.
  constructor(emitter, environment, thrown) {
    this.#emitter = emitter
    this.#environment = environment
    this.#thrown = thrown
  }

  add(events) {
    if (events.length === 0) return
    for (const event of events) this.#waiting.push(this.#prepare(event))
    // Never within the caller's own code, which may only have read a property.
    if (this.#released) queueMicrotask(() => this.#deliver())
  }

  // What happened while opening waits until the opener has had its turn to add listeners.
  release() {
    setImmediate(() => {
      this.#released = true
      this.#deliver()
    })
  }

  #prepare(event) {
    const { type, how } = event
    if (type === 'token') {
      const { expirationTime, generation, userId } = event.token
      this.#publish({ type, how, expirationTime, generation, userId })
      return [type, { ...event.token, how }]
    }
    const value = type === 'status' ? statusFrom(event.status, this.#thrown) : errorFrom(event.error, this.#thrown)
    this.#publish(type === 'status' ? { type, status: value } : { type, error: value })
    return [type, value]
  }

  #publish(message) {
    if (channel.hasSubscribers) channel.publish({ ...message, environment: this.#environment() })
  }

  #deliver() {
    for (const [type, value] of this.#waiting.splice(0)) {
      try {
        this.#emitter.emit(type, value)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

class TokenCache {
  #calls
  #handle
  // The core's count of what changed, and what it was when this side last took it all.
  #changes
  #seen = 0
  #number
  #noun
  #ask
  #holdsProcess
  #events
  #thrown = new ThrownValues()
  #current = noToken
  #generation = 0
  #lack = null
  #isOpen = false
  #closing

  // `noun` names the owner in errors; `ask` gives credentials for later logins.
  constructor({ calls, SessionHandle }, { noun, keepProcessAlive = false }, ask) {
    this.#calls = calls
    this.#noun = noun
    this.#ask = ask
    this.#holdsProcess = keepProcessAlive
    this.#number = calls.wakeups.listen(() => this.#take())
    this.#handle = new SessionHandle(calls.bridge, this.#number)
    this.#changes = this.#handle.changes()
  }

  // From the first, so that nothing is lost; delivered once it is open.
  tell(emitter) {
    this.#events = new Events(emitter, () => this.#status().environment, this.#thrown)
  }

  // `send(handle, id)` starts the call by which it opens.
  async open(send, signal) {
    try {
      unwrap(await this.#calls.start(id => send(this.#handle, id), signal, this.#arrived), this.#thrown)
    } catch (error) {
      // The opener learns why opening failed; nobody is left who could use a failure to close.
      this.close().catch(() => {})
      throw error
    }
    this.#take()
    if (this.#holdsProcess) this.#calls.hold()
    this.#isOpen = true
    this.#events.release()
  }

  // `send(handle, id)` starts a call; gives its text.
  async call(send, signal) {
    this.refuseIfClosed('not-sent')
    return unwrap(await this.#calls.start(id => send(this.#handle, id), signal, this.#arrived), this.#thrown)
  }

  get generation() {
    this.#catchUp()
    return this.#generation
  }

  // The token, or why there is none.
  get value() {
    this.#catchUp()
    return this.#current.isGood() ? this.#current.value : this.#recheck()
  }

  // A promise of the token, if it is good for a while.
  get fresh() {
    this.#catchUp()
    return this.#current.isFresh() ? this.#current.promise : undefined
  }

  host(purpose) {
    this.refuseIfClosed()
    return JSON.parse(this.#handle.host(purpose))
  }

  status() {
    const status = this.#status()
    // The core counts a change after it shows it: what is read next is not older than what this status says.
    this.#take()
    return this.#closing ? { ...status, state: 'closed' } : status
  }

  // `outcome` is what became of the call that is refused, if there is one.
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
      // The core has told all that it will: this takes the last of it.
      this.#calls.wakeups.leave(this.#number)
      this.#take()
      // A login or renewal under way is not lost with the process that gave it up.
      this.#calls.start(id => this.#handle.ended(id)).catch(() => {})
    }
  }

  // Before a call's promise resolves, so that its caller finds the token that the call led to, or that its failure cost.
  #arrived = (generation, error) => {
    if (error || generation !== this.#generation) this.#take()
    this.#generation = Math.max(this.#generation, generation)
  }

  #status() {
    return statusFrom(JSON.parse(this.#handle.status()), this.#thrown)
  }

  // While this thread computes, nothing that the core tells is heard: a read looks for itself whether there is something.
  #catchUp() {
    if (Atomics.load(this.#changes, 0) !== this.#seen) this.#take()
  }

  #take() {
    this.#seen = Atomics.load(this.#changes, 0)
    const { token, remainingMs, freshMs, lack, events, asks } = JSON.parse(this.#handle.snapshot())
    if (!this.#closing) {
      this.#setToken(token, remainingMs, freshMs)
      this.#lack = lack
      for (const ask of asks) this.#answer(ask)
    }
    this.#events.add(events)
  }

  #setToken(token, remainingMs, freshMs) {
    if (!token) {
      this.#current = noToken
      return
    }
    this.#generation = token.generation
    const { generation, accessToken } = this.#current.value
    // Where a service lost its record, another token may have the same generation.
    const isSame = generation === token.generation && accessToken === token.accessToken
    if (isSame) this.#current.setTimes(remainingMs, freshMs)
    else this.#current = new CurrentToken(token, remainingMs, freshMs)
  }

  // The core corrects its clock by the server's: it may know the token to be good when ours was set forward.
  #recheck() {
    this.refuseIfClosed()
    this.#take()
    if (this.#current.isGood()) return this.#current.value
    if (this.#lack) throw failureFrom(this.#lack, this.#thrown)
    throw new SessionError(`The ${this.#noun} has no token that is still good`)
  }

  async #answer(ask) {
    try {
      const credentials = JSON.stringify(await credentialsFromFunction(this.#ask))
      if (!this.#closing) this.#handle.provide(ask, credentials)
    } catch (error) {
      if (!this.#closing) this.#handle.decline(ask, this.#thrown.keep(error))
    }
  }
}

module.exports = { CurrentToken, Events, TokenCache, noToken }
