// A port that takes no connection and refuses none: whoever connects hangs.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(import.meta.url)
// A connection on loopback that is not there by then hangs.
const AT_ONCE_MS = 300
// More than the system keeps for a listener that takes one.
const MOST = 8

/** Starts one; `port` is where, `end()` makes room there. */
export async function startDeaf() {
  const child = fork(script, ['listen'], { stdio: 'inherit' })
  const [{ port }] = await once(child, 'message')
  const sockets = []
  const isTaken = async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    const late = new Promise(resolve => setTimeout(resolve, AT_ONCE_MS, false))
    return Promise.race([once(socket, 'connect').then(() => true), late])
  }
  const end = async () => {
    for (const socket of sockets) socket.destroy()
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  while (await isTaken()) {
    if (sockets.length < MOST) continue
    await end()
    throw new Error('the port takes every connection')
  }
  return { port, end }
}

if (process.argv[1] === script && process.argv[2] === 'listen') {
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    process.send({ port: server.address().port }, () => {
      // It accepts nothing from here on.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })
  })
}
