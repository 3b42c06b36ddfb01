// A bot that computes for seconds, and then reads: in a thread of its own, or in the test's.

import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import tradovate from '../../index.js'

/** Longer than it takes until the renewal of a token that lives for four seconds, and shorter than its life. */
const COMPUTING_MS = 3600

export async function open({ baseUrl, credentials, socketPath }) {
  if (socketPath) return tradovate.connect({ socketPath })
  return tradovate.Session.open(credentials, { baseUrl, store: { type: 'memory' } })
}

/** Computes while the token is renewed, and reads before the event loop turns. */
export async function computeAndRead(source, { baseUrl }) {
  const heard = []
  source.on('token', ({ generation }) => heard.push(generation))
  // What was told before is out of the way.
  await new Promise(resolve => setTimeout(resolve, 50))
  const before = await source.getAccessToken()
  heard.length = 0
  const until = performance.now() + COMPUTING_MS
  while (performance.now() < until);
  const read = source.accessToken
  const { generation } = source.status()
  const again = source.accessToken
  const promise = source.getAccessToken()
  const heardWithin = [...heard]
  const token = await promise
  const { status } = await fetch(`${baseUrl}/account/list`, { headers: { Authorization: `Bearer ${read}` } })
  return {
    isNew: read !== before.accessToken,
    agree: read === again && read === token.accessToken && generation === token.generation,
    later: generation - before.generation,
    heardWithin,
    heard: heard.map(each => each - before.generation),
    status,
  }
}

if (!isMainThread) {
  const source = await open(workerData)
  // Left open: the test ends the thread.
  parentPort.postMessage(await computeAndRead(source, workerData))
}
