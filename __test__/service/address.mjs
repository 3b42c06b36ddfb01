// Where a service of a test is, when nothing depends on what it listens at: the same place for the next one.

import { join } from 'node:path'
import { freePort } from '../../scripts/free-port.mjs'

export const hasSockets = process.platform !== 'win32'

/** A socket in this folder; without Unix sockets a port that is free now, with its secret there. */
export async function addressIn(folder) {
  if (hasSockets) return { socketPath: join(folder, 'token.sock') }
  return { port: await freePort(), secretFile: join(folder, 'token.secret') }
}
