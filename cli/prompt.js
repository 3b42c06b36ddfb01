'use strict'
// Questions to a person at a terminal.

const { createInterface } = require('node:readline')
const { Writable } = require('node:stream')

/** What a prompt needs to be answered: a person at a terminal. */
const canAsk = () => Boolean(process.stdin.isTTY && process.stderr.isTTY)

/**
 * Asks one question on stderr, so that stdout stays for the answer of the command. A hidden answer is not shown while it is
 * typed, nor is its length. Ctrl-C is `stop`'s.
 */
function ask(question, { hidden = false, stop }) {
  // The interface puts the terminal into raw mode: what it does not write itself is not seen.
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr
  const asking = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 })
  return new Promise((resolve, reject) => {
    let answer
    const onAbort = () => asking.close()
    stop.signal.addEventListener('abort', onAbort)
    asking.on('line', line => {
      answer = line
      asking.close()
    })
    asking.on('SIGINT', () => stop.now('SIGINT'))
    asking.on('close', () => {
      stop.signal.removeEventListener('abort', onAbort)
      if (hidden || answer === undefined) process.stderr.write('\n')
      if (answer !== undefined) resolve(answer)
      else if (stop.signal.aborted) reject(stop.signal.reason)
      else resolve('')
    })
    if (hidden) process.stderr.write(question)
    else asking.setPrompt(question)
    asking.prompt()
  })
}

module.exports = { ask, canAsk }
