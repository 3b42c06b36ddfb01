// A port that nobody listens at, for a server of a test or a show.

import { once } from 'node:events'
import { createServer } from 'node:net'

/** Gives a port of `host` that was free just now: another process may take it before the caller does. */
export async function freePort(host = '127.0.0.1') {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
