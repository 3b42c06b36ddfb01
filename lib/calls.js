'use strict'
// The calls of this thread that are under way: settles them, drops them on abort, and holds the process for them.

const { setInterval } = require('node:timers')

const { LongList } = require('./answer.js')

// Who hears that there is something to take: each session and dependent by its number, from its opening until it is closed.

class Wakeups {
  #listeners = new Map()
  #lastNumber = 0

  // The number by which `listener` is called.
  listen(listener) {
    this.#lastNumber += 1
    this.#listeners.set(this.#lastNumber, listener)
    return this.#lastNumber
  }

  // What is not listened to any more is free to be collected.
  leave(number) {
    this.#listeners.delete(number)
  }

  wake(number) {
    this.#listeners.get(number)?.()
  }
}

// Fits a signed and an unsigned 32-bit integer.
const MOST_ID = 0x7fffffff
const LONGEST_INTERVAL_MS = 0x7fffffff

class Calls {
  #pending = new Map()
  // Of each signal with calls under way: their ids, and its one listener. Node warns of a leak where there are more than ten.
  #signals = new Map()
  #lastId = 0
  #holds = 0
  #timer

  constructor(Bridge) {
    this.wakeups = new Wakeups()
    this.bridge = new Bridge(
      (...settled) => this.#settle(...settled),
      number => this.wakeups.wake(number),
    )
  }

  // Resolves with the outcome `{ text, list, error }`, after `arrived(generation, error)`; rejects only with the signal's reason.
  start(send, signal, arrived) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const id = this.#nextId()
      this.#pending.set(id, { resolve, reject, arrived, signal, list: undefined })
      this.hold()
      if (signal) this.#heed(signal, id)
      try {
        send(id)
      } catch (error) {
        this.#end(id)
        reject(error)
      }
    })
  }

  // The addon's callbacks are weak, so that an idle process ends: one timer of ours holds it when it must not.
  hold() {
    this.#holds += 1
    if (this.#holds > 1) return
    if (this.#timer) this.#timer.ref()
    else this.#timer = setInterval(() => {}, LONGEST_INTERVAL_MS)
  }

  release() {
    this.#holds -= 1
    if (this.#holds === 0) this.#timer.unref()
  }

  #heed(signal, id) {
    const heeded = this.#signals.get(signal)
    if (heeded) {
      heeded.ids.add(id)
      return
    }
    const ids = new Set([id])
    const onAbort = () => {
      for (const each of ids) {
        this.#end(each).reject(signal.reason)
        this.bridge.cancel(each)
      }
    }
    this.#signals.set(signal, { ids, onAbort })
    signal.addEventListener('abort', onAbort)
  }

  #unheed(signal, id) {
    const { ids, onAbort } = this.#signals.get(signal)
    ids.delete(id)
    if (ids.size > 0) return
    this.#signals.delete(signal)
    signal.removeEventListener('abort', onAbort)
  }

  #nextId() {
    do {
      this.#lastId = (this.#lastId % MOST_ID) + 1
    } while (this.#pending.has(this.#lastId))
    return this.#lastId
  }

  #end(id) {
    const call = this.#pending.get(id)
    if (!call) return undefined
    this.#pending.delete(id)
    if (call.signal) this.#unheed(call.signal, id)
    this.release()
    return call
  }

  #settle(id, text, error, generation, more, values) {
    // Cancelling and settling can cross on their way.
    const call = more ? this.#pending.get(id) : this.#end(id)
    if (!call) return
    if (more) {
      call.list ??= new LongList()
      call.list.add(text, values)
      return
    }
    try {
      call.list?.end()
      call.arrived?.(generation, error)
      call.resolve({ text, list: call.list, error })
    } catch (failure) {
      call.reject(failure)
    }
  }
}

module.exports = { Calls, Wakeups }
