// Hands connections on: from a port of this process' loopback to somewhere else. As a process of its own it stands in a
// network namespace, where the parent cannot listen itself.

import { connect, createServer } from 'node:net'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'

/** Forwards from a port (0: a free one) until it is closed; while it is `cut` connections stay and nothing passes. */
export async function forward({ host = '127.0.0.1', port = 0, to }) {
  const sockets = new Set()
  let isCut = false
  const server = createServer(near => {
    const far = connect(to)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket)
      socket.on('data', data => isCut || other.write(data))
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        if (!isCut) other.destroy()
      })
    }
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return {
    port: server.address().port,
    cut(cut) {
      isCut = cut
      // What was lost in between is lost: a connection with a gap in it is none.
      if (!cut) for (const socket of sockets) socket.destroy()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const [port, host, farPort] = argv.slice(2)
  await forward({ port: Number(port), to: { host, port: Number(farPort) } })
  process.send('ready')
}
