// The clients that are measured, each as `open({ base, atOnce, h2 })`, which gives `{ getAccounts, close }`.
//
// Each is used as its own documentation has it be used when speed counts: connections kept alive, as many as calls at once.
// Each checks the status and parses the body. The bench's authority reaches all of them by NODE_EXTRA_CA_CERTS.

import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { createRequire } from 'node:module'
import { packageFolder } from './places.mjs'

const require = createRequire(import.meta.url)

const headers = { accept: 'application/json', authorization: `Bearer ${'a'.repeat(240)}` }
const listOf = base => `${base}/account/list`

function checked(status) {
  if (status !== 200) throw new Error(`the server answered ${status}`)
}

/** Ours, opened as a bot opens it. */
async function ours({ base }) {
  const { Session } = require(packageFolder)
  const credentials = { name: 'bench', password: 'bench', appId: 'bench', appVersion: '1' }
  const session = await Session.open(credentials, { baseUrl: base, store: { type: 'memory' } })
  return { getAccounts: () => session.getAccounts(), close: () => session.close() }
}

async function undici({ base, atOnce, h2 }) {
  const { Pool } = await import('undici')
  const { origin, pathname } = new URL(listOf(base))
  // Over HTTP/2 one connection carries all calls.
  const pool = new Pool(origin, h2 ? { allowH2: true, connections: 1, pipelining: atOnce } : { connections: atOnce })
  async function getAccounts() {
    const { statusCode, body } = await pool.request({ path: pathname, method: 'GET', headers })
    checked(statusCode)
    return body.json()
  }
  return { getAccounts, close: () => pool.close() }
}

async function nodeFetch({ base }) {
  const url = listOf(base)
  async function getAccounts() {
    const response = await fetch(url, { headers, redirect: 'error' })
    checked(response.status)
    return response.json()
  }
  return { getAccounts, close() {} }
}

async function nodeHttp({ base, atOnce }) {
  const module = base.startsWith('https') ? https : http
  const agent = new module.Agent({ keepAlive: true, maxSockets: atOnce })
  const url = new URL(listOf(base))
  const options = { agent, headers, host: url.hostname, port: url.port, path: url.pathname }
  const getAccounts = () =>
    new Promise((resolve, reject) => {
      const take = response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', part => {
          text += part
        })
        response.on('error', reject)
        response.on('end', () => {
          try {
            checked(response.statusCode)
            resolve(JSON.parse(text))
          } catch (error) {
            reject(error)
          }
        })
      }
      module.get(options, take).on('error', reject)
    })
  return { getAccounts, close: () => agent.destroy() }
}

async function nodeHttp2({ base }) {
  const { origin, pathname } = new URL(listOf(base))
  const session = http2.connect(origin)
  const request = { ...headers, ':path': pathname }
  const getAccounts = () =>
    new Promise((resolve, reject) => {
      const stream = session.request(request)
      let text = ''
      let status
      stream.setEncoding('utf8')
      stream.on('response', answer => {
        status = answer[':status']
      })
      stream.on('data', part => {
        text += part
      })
      stream.on('error', reject)
      stream.on('end', () => {
        try {
          checked(status)
          resolve(JSON.parse(text))
        } catch (error) {
          reject(error)
        }
      })
    })
  return { getAccounts, close: () => session.close() }
}

async function axios({ base, atOnce }) {
  const { default: client } = await import('axios')
  const agents = {
    httpAgent: new http.Agent({ keepAlive: true, maxSockets: atOnce }),
    httpsAgent: new https.Agent({ keepAlive: true, maxSockets: atOnce }),
  }
  const instance = client.create({ ...agents, headers, maxRedirects: 0, proxy: false })
  const url = listOf(base)
  const getAccounts = async () => (await instance.get(url)).data
  return { getAccounts, close: () => Object.values(agents).forEach(agent => void agent.destroy()) }
}

async function got({ base, atOnce, h2 }) {
  const { default: client } = await import('got')
  const agent = {
    http: new http.Agent({ keepAlive: true, maxSockets: atOnce }),
    https: new https.Agent({ keepAlive: true, maxSockets: atOnce }),
  }
  const options = { headers, followRedirect: false, retry: { limit: 0 }, ...(h2 ? { http2: true } : { agent }) }
  const instance = client.extend(options)
  const url = listOf(base)
  return { getAccounts: () => instance.get(url).json(), close: () => agent.http.destroy() ?? agent.https.destroy() }
}

export const clients = {
  'tradovate-session': ours,
  undici,
  fetch: nodeFetch,
  'node:https': nodeHttp,
  'node:http2': nodeHttp2,
  axios,
  got,
}
