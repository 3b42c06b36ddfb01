// A process with many dependents: it tells its parent of each token that all of them have.

import tradovate from '../../index.js'

const [options, count] = process.argv.slice(2)
const clients = await Promise.all(Array.from({ length: Number(count) }, () => tradovate.connect(JSON.parse(options))))

let told
function tell() {
  const tokens = new Set(clients.map(client => client.accessToken))
  const [token] = tokens
  if (tokens.size > 1 || token === told) return
  told = token
  process.send({ all: token, at: Date.now() })
}

for (const client of clients) client.on('token', tell)
tell()

process.on('message', async () => {
  const lists = await Promise.all(clients.map(client => client.getAccounts()))
  process.send({ accounts: lists.map(list => list.length), logins: clients.map(client => client.status().logins) })
})
