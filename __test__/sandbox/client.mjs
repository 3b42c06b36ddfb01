// A plain client of the sandbox, for the tests of the sandbox itself.

import { startSandbox } from '../../sandbox/index.js'

/** A sandbox that ends with the test. */
export async function start(t, options) {
  const sandbox = await startSandbox(options)
  t.after(() => sandbox.close())
  return sandbox
}

/** The answer to a login, of the first user unless `user` has other credentials. */
export async function login({ baseUrl, credentials }, user = credentials) {
  const answer = await fetch(`${baseUrl}/auth/accesstokenrequest`, { method: 'POST', body: JSON.stringify(user) })
  return answer.json()
}

/** A caller with a token. `get` and `post` give the JSON of the answer, `call` the answer itself. */
export function caller({ baseUrl }, accessToken) {
  const headers = { authorization: `Bearer ${accessToken}` }
  const call = (path, init) => fetch(`${baseUrl}/${path}`, { headers, redirect: 'manual', ...init })
  return {
    call,
    get: async path => (await call(path)).json(),
    post: async (path, body) => (await call(path, { method: 'POST', body: JSON.stringify(body) })).json(),
  }
}

/** Logs a user in and gives the caller with that token. */
export async function loggedIn(sandbox, user) {
  return caller(sandbox, (await login(sandbox, user)).accessToken)
}

export const statusAndText = async answer => [answer.status, await answer.text()]
