// Many callers at an expiry: all ask when the token is about to expire and its renewal is under way.

import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { openOurs } from '../ours.mjs'

/** `askBeforeMs`: so long before expiry, when callers have to wait for the next token. */
export async function measure({ base, count, askBeforeMs }) {
  const session = await openOurs(base)
  await sleep(session.status().expiresAt - Date.now() - askBeforeMs)
  const waits = []
  const ask = async started => {
    const { generation } = await session.getAccessToken()
    waits.push(performance.now() - started)
    return generation
  }
  const started = performance.now()
  const generations = await Promise.all(Array.from({ length: count }, () => ask(started)))
  const { logins, renewals } = session.status()
  await session.close()
  if (generations.some(generation => generation !== 2)) throw new Error('a caller got another token than the next one')
  // The longest wait less the shortest: how long it takes until all have what one has.
  return { upstream: logins - 1 + renewals, spreadMs: Math.max(...waits) - Math.min(...waits) }
}
