// HTTP to a token service by Node's own client, as any program would.

import { readFile } from 'node:fs/promises'
import { request } from 'node:http'

export async function ask(address, path, { method = 'GET', headers = {}, body } = {}) {
  const proper = { host: 'localhost', 'x-token-service': '1' }
  const to = { socketPath: address.socketPath }
  if (address.port !== undefined) {
    proper.host = `127.0.0.1:${address.port}`
    if (address.secretFile) proper.authorization = `Bearer ${await readFile(address.secretFile, 'utf8')}`
    Object.assign(to, { host: '127.0.0.1', port: address.port })
  }
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, path, method, headers: { ...proper, ...headers }, agent: false }, answer => {
      let text = ''
      answer.on('data', data => {
        text += data
      })
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }))
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
