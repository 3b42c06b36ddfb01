// Many dependents of one token service, in a process of their own: what a token costs them, and who of them sees the next one.

import { on } from 'node:events'
import http from 'node:http'
import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'
import { packageFolder } from '../places.mjs'
import { quantile } from '../statistics.mjs'

const require = createRequire(import.meta.url)
const CONNECTED_AT_ONCE = 8

export async function measure({ socketPath, count, calls }) {
  const { connect } = require(packageFolder)
  const clients = []
  const lane = async () => {
    while (clients.length < count) await clients[clients.push(connect({ socketPath })) - 1]
  }
  await Promise.all(Array.from({ length: Math.min(count, CONNECTED_AT_ONCE) }, lane))
  const connected = await Promise.all(clients)
  // Idle dependents end with their process: this one is to live until all have heard of the next token.
  const alive = setInterval(() => {}, 1_000)
  const renewed = Promise.all(connected.map(next))
  const times = await askService(socketPath, calls)
  const news = await renewed
  clearInterval(alive)
  if (new Set(news.map(({ accessToken }) => accessToken)).size > 1) throw new Error('dependents have different tokens')
  for (const client of connected) await client.close()
  return { tokenP50Us: quantile(times, 0.5) * 1e3 }
}

/** The token after the present one; the present one is news to whoever has just connected. */
async function next(client) {
  const { generation } = client.status()
  for await (const [token] of on(client, 'token')) if (token.generation > generation) return token
}

/** As a dependent in any language asks. */
async function askService(socketPath, calls) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { host: 'localhost', 'x-token-service': '1' }
  const ask = () =>
    new Promise((resolve, reject) => {
      const take = response => {
        response.on('error', reject).on('end', () => {
          if (response.statusCode === 200) resolve()
          else reject(new Error(`the token service answered ${response.statusCode}`))
        })
        response.resume()
      }
      http.get({ agent, socketPath, headers, path: '/v1/token' }, take).on('error', reject)
    })
  const times = new Float64Array(calls)
  for (let call = 0; call < calls; call += 1) {
    const started = performance.now()
    await ask()
    times[call] = performance.now() - started
  }
  agent.destroy()
  return times
}
