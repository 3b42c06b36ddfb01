'use strict'
// Turns SIGINT, SIGTERM and SIGHUP into an AbortSignal. The first asks for an orderly end, a second ends the process at once.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const LOOK_EVERY_MS = 500

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
  #looking

  constructor(env = process.env) {
    for (const name of SIGNALS) process.on(name, this.now)
    if (isStartedByNpm(env)) this.#lookAfterParent()
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
    clearInterval(this.#looking)
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

  /** npx and npm run hand a SIGTERM to the shell between them and this process. It dies of it, and tells nobody. */
  #lookAfterParent() {
    const parent = process.ppid
    const look = () => process.ppid !== parent && this.now('SIGTERM')
    this.#looking = setInterval(look, LOOK_EVERY_MS).unref()
  }
}

/** Whether this command is what npx or npm run was asked for, and no child of another program that was. */
function isStartedByNpm({ npm_lifecycle_script: script }) {
  return script?.includes('tradovate-session') ?? false
}

module.exports = { Stop, Stopped }
