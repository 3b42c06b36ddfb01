// A process that serves a session's token, and does what its parent says: block its event loop, renew, be idle, close.

import tradovate from '../../index.js'

const { baseUrl, credentials, store, options } = JSON.parse(process.argv[2])
const session = await tradovate.Session.open(credentials, { baseUrl, store })
const service = await session.serve(options)

function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const deeds = {
  block: ms => {
    process.send({ blocking: true })
    block(ms)
    return true
  },
  renew: async () => (await session.renew()).accessToken,
  closeService: () => service.close(),
  closeSession: () => session.close(),
}

process.on('message', async ({ deed, argument }) => {
  process.send({ done: deed, result: (await deeds[deed](argument)) ?? null })
})
process.send({ serving: service.address, metricsPort: service.metricsPort, accessToken: session.accessToken })
