// A bot in a process of its own: it opens sessions and uses them as its parent asks, and tells what it hears of them.

import tradovate from '../../index.js'

const sessions = new Map()

const acts = {
  async open({ name, credentials, options, abortAfterMs }) {
    const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs)
    const session = await tradovate.Session.open(credentials, { ...options, signal })
    sessions.set(name, session)
    session.on('token', token => process.send({ name, heard: 'token', token }))
    session.on('warning', ({ code, message }) => process.send({ name, heard: 'warning', code, message }))
    return { token: session.accessToken, ...session.status() }
  },
  async connect({ name, options }) {
    sessions.set(name, await tradovate.connect(options))
  },
  async serve({ name, options }) {
    await sessions.get(name).serve(options)
  },
  token: async ({ name, wait }) => sessions.get(name).getAccessToken(wait),
  renew: async ({ name }) => sessions.get(name).renew(),
  request: async ({ name, method, path, options }) => sessions.get(name).request(method, path, options),
  accounts: async ({ name }) => (await sessions.get(name).getAccounts()).length,
  async status({ name }) {
    const { reason, ...status } = sessions.get(name).status()
    return { ...status, reason: reason?.code }
  },
  close: async ({ name }) => {
    await sessions.get(name).close()
  },
}

process.on('message', async ({ id, act, ...details }) => {
  const answer = await acts[act](details).then(
    value => ({ value }),
    ({ name, code, message, status, outcome, retryAt, cause }) => ({
      error: { name, code, message, status, outcome, retryAt, cause: { code: cause?.code } },
    }),
  )
  // A parent that has gone needs no answer.
  if (process.connected) process.send({ id, ...answer })
})
process.send({ heard: 'ready' })
