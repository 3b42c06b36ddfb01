// A worker that keeps calls of every kind in flight until it is ended from outside.

import { parentPort, workerData } from 'node:worker_threads'
import tradovate from '../../index.js'

const { getAccounts, Session } = tradovate
const { baseUrl, credentials } = workerData

const session = await Session.open(credentials, { baseUrl })
parentPort.postMessage('ready')
for (;;) {
  const calls = [
    session.getAccounts(),
    session.request('GET', 'order/list'),
    getAccounts(session.accessToken, { baseUrl }),
  ]
  await Promise.allSettled(calls)
}
