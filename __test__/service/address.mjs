// Where a service of a test is, when nothing depends on what it listens at: the same place for the next one.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'

export const hasSockets = process.platform !== 'win32'

/** A socket in this folder; without Unix sockets a port that is free now, with its secret there. */
export async function addressIn(folder) {
  if (hasSockets) return { socketPath: join(folder, 'token.sock') }
  return { port: await freePort(), secretFile: join(folder, 'token.secret') }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
