// A bot without credentials, for the show: it uses the token of the service at the address that it is given in JSON, and says
// in JSON, a line each, which token it has and how many accounts it sees with it. A line on its stdin makes it look again.

import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const { connect } = createRequire(import.meta.url)('tradovate-session')

const source = await connect(JSON.parse(process.argv[2]))
source.on('token', say)
source.on('warning', () => {})
await say()
for await (const _line of createInterface({ input: process.stdin })) await say()
await source.close()

async function say() {
  const { generation } = await source.getAccessToken()
  const accounts = await source.getAccounts()
  process.stdout.write(`${JSON.stringify({ generation, accounts: accounts.length })}\n`)
}
