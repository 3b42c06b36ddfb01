// A process with a sandbox, and a session that serves its token: both go on while the test's own thread computes.

import tradovate from '../../index.js'
import { startSandbox } from '../../sandbox/index.js'

const [, , socketPath] = process.argv
// A token that is no longer the newest is refused.
const sandbox = await startSandbox({ tokenLifetimeMs: 4000, renewalKeepsOldToken: false, quotas: false })
const { baseUrl, credentials } = sandbox
const session = await tradovate.Session.open(credentials, { baseUrl, store: { type: 'memory' } })
await session.serve({ socketPath })
process.on('message', () => process.exit())
process.on('disconnect', () => process.exit())
process.send({ baseUrl, credentials })
