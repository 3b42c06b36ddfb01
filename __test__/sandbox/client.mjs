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

const YEAR = 365 * 86_400_000

/** 10:00 in New York on a Monday. */
export const MONDAY = Date.parse('2026-11-30T15:00:00Z')

/** A trader with account 7 at a sandbox whose clock stands still until a test moves `clock.now`. */
export async function trader(t, options) {
  const clock = { now: MONDAY }
  const users = [
    { name: 'trader', password: 'p', accounts: [{ id: 7, name: 'DEMO7' }] },
    { name: 'other', password: 'p', accounts: [{ id: 8 }] },
  ]
  const sandbox = await start(t, { users, now: () => clock.now, tokenLifetimeMs: YEAR, quotas: false, ...options })
  const client = await loggedIn(sandbox)
  const order = (fields = {}) => ({
    accountId: 7,
    action: 'Buy',
    symbol: 'MESZ6',
    orderQty: 1,
    orderType: 'Market',
    ...fields,
  })
  return {
    sandbox,
    clock,
    users,
    ...client,
    order,
    /** The id of the order that it places. */
    place: async fields => (await client.post('order/placeorder', order(fields))).orderId,
    statusOf: async id => (await client.get(`order/item?id=${id}`)).ordStatus,
    fillsOf: id => client.get(`fill/deps?masterid=${id}`),
    position: async () => (await client.get('position/list'))[0],
  }
}
