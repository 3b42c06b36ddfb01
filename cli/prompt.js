'use strict'
// Asks a person at a terminal.

const { createInterface } = require('node:readline')
const { Writable } = require('node:stream')

/** Tells whether there is a person at a terminal who can answer. */
const canAsk = () => Boolean(process.stdin.isTTY && process.stderr.isTTY)

/**
 * Asks on stderr: stdout is for the output of the command. Until `close()` the terminal shows nothing that is typed but the
 * answers to questions that are not hidden.
 */
class Prompt {
  #interface
  #stop
  #lines = []
  #waiting
  #isShown = false

  constructor(stop) {
    this.#stop = stop
    // The interface puts the terminal into raw mode: only the interface itself shows what is typed.
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        if (this.#isShown) process.stderr.write(chunk)
        done()
      },
    })
    this.#interface = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 })
    this.#interface.on('line', line => {
      // Hidden again at once: the person may have pasted further lines.
      this.#isShown = false
      this.#lines.push(line)
      this.#answer()
    })
    this.#interface.on('SIGINT', () => stop.now('SIGINT'))
    this.#interface.on('close', () => this.#answer())
    stop.signal.addEventListener('abort', this.close)
  }

  /** Gives the line that is typed as the answer, or an empty one at the end of the input. */
  async ask(question, { hidden = false } = {}) {
    this.#interface.setPrompt(hidden ? '' : question)
    if (hidden) process.stderr.write(question)
    this.#isShown = !hidden
    this.#interface.prompt()
    const answered = new Promise(resolve => {
      this.#waiting = resolve
    })
    this.#answer()
    await answered
    if (hidden) process.stderr.write('\n')
    if (this.#stop.signal.aborted) throw this.#stop.signal.reason
    return this.#lines.shift() ?? ''
  }

  close = () => {
    this.#stop.signal.removeEventListener('abort', this.close)
    this.#interface.close()
  }

  #answer() {
    if (this.#lines.length > 0 || this.#interface.closed) this.#waiting?.()
  }
}

module.exports = { canAsk, Prompt }
