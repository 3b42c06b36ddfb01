// A token service: it logs in, once for all its dependents, and serves until it is stopped. Give it the path of a socket in a
// folder of your own, and run dependent.ts or dependent.py with the same path. Without TRADOVATE_NAME it logs in to a sandbox.

import { Session } from 'tradovate-session'
import { startSandbox } from 'tradovate-session/sandbox'

async function main(socketPath: string): Promise<void> {
  const sandbox = process.env.TRADOVATE_NAME ? undefined : await startSandbox()
  const session = sandbox
    ? await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } })
    : await Session.fromEnvironment()
  await session.serve({ socketPath })
  console.log(`serving token ${session.status().generation} at ${socketPath}`)

  const stop = async (): Promise<void> => {
    await session.close()
    if (sandbox) console.log(`stopped after ${sandbox.counts.logins} login and ${sandbox.counts.calls} calls`)
    await sandbox?.close()
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
}

const [, , socketPath] = process.argv
if (!socketPath) throw new Error('usage: node service.js <path of the socket>')
main(socketPath).catch((error: unknown) => {
  console.error(String(error))
  process.exitCode = 1
})
