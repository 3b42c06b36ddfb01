'use strict'
// Turns SIGINT, SIGTERM and SIGHUP into an AbortSignal. The first asks for an orderly end, a second ends the process at once.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The reason of the abort: somebody asked for the end. */
class Stopped extends Error {
  constructor(signalName) {
    super(`stopped by ${signalName}`)
    this.signalName = signalName
  }
}

/** Listens for the signals until one has come or `release()` is called. */
class Stop {
  #controller = new AbortController()

  constructor() {
    for (const name of SIGNALS) process.on(name, this.now)
  }

  get signal() {
    return this.#controller.signal
  }

  now = name => {
    this.release()
    this.#controller.abort(new Stopped(name))
  }

  release() {
    for (const name of SIGNALS) process.off(name, this.now)
  }

  /** Resolves when somebody asks for the end, and keeps the process alive until then. */
  async asked() {
    if (this.signal.aborted) return
    await new Promise(resolve => {
      const hold = setInterval(() => {}, 2 ** 31 - 1)
      this.signal.addEventListener(
        'abort',
        () => {
          clearInterval(hold)
          resolve()
        },
        { once: true },
      )
    })
  }
}

module.exports = { Stop, Stopped }
