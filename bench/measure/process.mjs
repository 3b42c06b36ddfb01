// One of many processes over a file store: opens its session and waits for the next token.

import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { packageFolder } from '../places.mjs'

const require = createRequire(import.meta.url)

export async function measure({ base, folder }) {
  const { Session } = require(packageFolder)
  const credentials = { name: 'bench', password: 'bench', appId: 'bench', appVersion: '1' }
  const store = { type: 'file', path: folder }
  const session = await Session.open(credentials, { baseUrl: base, store, keepProcessAlive: true })
  const first = session.status().generation
  const next = await new Promise(resolve => {
    session.on('token', token => {
      if (token.generation > first) resolve(token)
    })
  })
  await session.close()
  return { generation: next.generation, token: createHash('sha256').update(next.accessToken).digest('hex') }
}
