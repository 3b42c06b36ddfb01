// A bot in a process of its own: it opens sessions and uses them as its parent asks, and tells what it hears of them.

import tradovate from '../../index.js'

const sessions = new Map()

const acts = {
  async open({ name, credentials, options }) {
    const session = await tradovate.Session.open(credentials, options)
    sessions.set(name, session)
    session.on('token', token => process.send({ name, heard: 'token', token }))
    session.on('warning', ({ code, message }) => process.send({ name, heard: 'warning', code, message }))
    return { token: session.accessToken, ...session.status() }
  },
  token: async ({ name, wait }) => sessions.get(name).getAccessToken(wait),
  renew: async ({ name }) => sessions.get(name).renew(),
  accounts: async ({ name }) => (await sessions.get(name).getAccounts()).length,
  status: async ({ name }) => ({ ...sessions.get(name).status(), reason: undefined }),
  close: async ({ name }) => {
    await sessions.get(name).close()
  },
}

process.on('message', async ({ id, act, ...details }) => {
  const answer = await acts[act](details).then(
    value => ({ value }),
    ({ code, message, retryAt, cause }) => ({ error: { code, message, retryAt, cause: { code: cause?.code } } }),
  )
  // A parent that has gone needs no answer.
  if (process.connected) process.send({ id, ...answer })
})
process.send({ heard: 'ready' })
