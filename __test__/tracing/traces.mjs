// Hears all that the tracing channels publish.

import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

const DEADLINE_MS = 30_000

export const OPERATIONS = ['request', 'login', 'renewal']
export const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']

/** What stands for the active span of whoever calls. */
export const callers = new AsyncLocalStorage()

export const channelOf = (operation, event) => `tracing:tradovate-session:${operation}:${event}`

/** Each entry of `heard` is one message: `[operation, event, trace, the caller's store]`. */
export class Traces {
  heard = []
  #wanted
  #listeners

  constructor(operations = OPERATIONS, events = EVENTS) {
    this.#listeners = operations.flatMap(operation =>
      events.map(event => [
        channelOf(operation, event),
        trace => {
          this.heard.push([operation, event, trace, callers.getStore()])
          this.#wanted?.()
        },
      ]),
    )
    for (const listener of this.#listeners) subscribe(...listener)
  }

  /** The traces that have ended, each as it is by now. */
  ended(operation) {
    return this.heard.filter(([of, event]) => of === operation && event === 'asyncEnd').map(([, , trace]) => trace)
  }

  /** The stores in which the events of a trace were heard, by event. */
  storesOf(wanted) {
    return Object.fromEntries(
      this.heard.filter(([, , trace]) => trace === wanted).map(([, event, , store]) => [event, store]),
    )
  }

  eventsOf(wanted) {
    return this.heard.filter(([, , trace]) => trace === wanted).map(([, event]) => event)
  }

  /** The trace of the first message of this kind. */
  async first(operation, event) {
    const late = AbortSignal.timeout(DEADLINE_MS)
    for (;;) {
      const found = this.heard.find(message => message[0] === operation && message[1] === event)
      if (found) return found[2]
      await new Promise((resolve, reject) => {
        this.#wanted = resolve
        late.onabort = () => reject(new Error(`no ${event} of a ${operation} was heard`))
      })
    }
  }

  stop() {
    for (const listener of this.#listeners) unsubscribe(...listener)
  }
}
