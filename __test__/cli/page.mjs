// A page of a session against the sandbox, and raw requests to it.

import { once } from 'node:events'
import { get as httpGet } from 'node:http'
import { connect } from 'node:net'
import { EventLog } from '../../cli/event-log.js'
import { openPage } from '../../cli/page-server.js'
import tradovate from '../../index.js'
import { withSandbox } from './command.mjs'

/**
 * Runs `run({ page, links, session, service, sandbox, eventLog })`; `links` gets each link that the page gives. `environment` is the
 * session's, the rest are options of the sandbox.
 */
export function withPage({ environment = 'live', ...options }, run) {
  return withSandbox(options, async sandbox => {
    const { baseUrl, credentials } = sandbox
    const session = await tradovate.Session.open(credentials, { environment, baseUrl, store: { type: 'memory' } })
    const eventLog = new EventLog(session)
    const service = { dependents: 0 }
    const links = []
    const shown = { source: session, service, eventLog }
    const page = await openPage(shown, { linked: link => links.push(new URL(link)) })
    try {
      await run({ page, links, session, service, sandbox, eventLog })
    } finally {
      await page.close()
      await session.close()
    }
  })
}

/** Sends bytes as they are and reads the answer's head and what has come of its body when the other side closes. */
export async function send(port, lines) {
  const socket = connect(Number(port), '127.0.0.1')
  socket.setEncoding('utf8')
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  socket.on('error', () => {})
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  await once(socket, 'close')
  const [head, ...body] = text.split('\r\n\r\n')
  const [first, ...headers] = head.split('\r\n')
  const pairs = headers.map(line => line.split(/: (.*)/s))
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value])),
    body: body.join('\r\n\r\n'),
  }
}

/** A GET with the headers that a browser would send, but for what `headers` replaces (or leaves out, where undefined). */
export function get(link, path, headers = {}) {
  const all = { Host: link.host, Connection: 'close', 'Sec-Fetch-Site': 'none', ...headers }
  const lines = Object.entries(all).filter(([, value]) => value !== undefined)
  return send(link.port, [`GET ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)])
}

/** Opens a link and gives the folder and the cookie that it leads to. */
export async function visit(link) {
  const { status, headers } = await get(link, link.pathname)
  return { status, folder: headers.location, cookie: headers['set-cookie']?.split(';')[0] }
}

/** The first thing that the live channel tells. */
export async function firstEvent(link, folder, cookie) {
  const request = httpGet(new URL(`${folder}events`, link), { headers: { Cookie: cookie } })
  const [response] = await once(request, 'response')
  const [chunk] = response.statusCode === 200 ? await once(response.setEncoding('utf8'), 'data') : ['']
  return { status: response.statusCode, headers: response.headers, text: chunk, end: () => request.destroy() }
}
