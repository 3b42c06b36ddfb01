// A worker that serves a token and depends on another service, with calls of both in flight, until it is ended from outside.

import { parentPort, workerData } from 'node:worker_threads'
import tradovate from '../../index.js'

const { baseUrl, credentials, own, other } = workerData
const session = await tradovate.Session.open(credentials, { baseUrl, store: { type: 'memory' } })
await session.serve(own)
const clients = await Promise.all([tradovate.connect(own), tradovate.connect(other)])
parentPort.postMessage('ready')
for (;;) await Promise.allSettled(clients.map(client => client.getAccounts()))
