'use strict'
// Puts an answer on the wire, or breaks the connection in the way that a fault asks for.

// As on the wire of Tradovate.
const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' }

class Wire {
  #clock
  #timers = new Set()

  constructor(clock) {
    this.#clock = clock
  }

  deliver(request, response, answer, fault) {
    if (['reset', 'cut'].includes(fault?.kind)) request.socket.resetAndDestroy()
    if (answer.status === 0) return
    switch (fault?.kind) {
      case 'truncate':
        this.#truncate(request, response, answer)
        return
      case 'latencyMs':
        this.#later(() => this.#send(response, answer), fault.latencyMs)
        return
      default:
        this.#send(response, answer)
    }
  }

  close() {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #later(act, delayMs) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, delayMs)
    this.#timers.add(timer)
  }

  #send(response, answer) {
    this.#writeHead(response, answer, Buffer.byteLength(answer.body))
    response.end(answer.body)
  }

  #truncate(request, response, answer) {
    const whole = Buffer.from(answer.body)
    const half = whole.subarray(0, Math.floor(whole.length / 2))
    this.#writeHead(response, answer, whole.length + 2)
    response.flushHeaders()
    response.write(half.length > 0 ? half : ' ', () => request.socket.destroy())
  }

  #writeHead(response, { status, headers }, length) {
    response.sendDate = false
    response.writeHead(status, {
      date: new Date(this.#clock()).toUTCString(),
      ...CORS,
      ...headers,
      ...(status !== 204 && { 'content-length': length }),
    })
  }
}

module.exports = { Wire }
