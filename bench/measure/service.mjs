// A process that serves its session's token until its standard input ends, and then tells what it asked of Tradovate.

import { createRequire } from 'node:module'
import { packageFolder } from '../places.mjs'

const require = createRequire(import.meta.url)

export async function measure({ base, socketPath }) {
  const { Session } = require(packageFolder)
  const credentials = { name: 'bench', password: 'bench', appId: 'bench', appVersion: '1' }
  const session = await Session.open(credentials, { baseUrl: base, store: { type: 'memory' } })
  const service = await session.serve({ socketPath })
  console.log('serving')
  for await (const _ of process.stdin);
  const { logins, renewals, generation } = session.status()
  await service.close()
  await session.close()
  return { logins, renewals, generation }
}
