// A process that serves its session's token until its standard input ends, and then tells what it asked of Tradovate.

import { openOurs } from '../ours.mjs'

export async function measure({ base, socketPath }) {
  const session = await openOurs(base)
  const service = await session.serve({ socketPath })
  console.log('serving')
  for await (const _ of process.stdin);
  const { logins, renewals, generation } = session.status()
  await service.close()
  await session.close()
  return { logins, renewals, generation }
}
