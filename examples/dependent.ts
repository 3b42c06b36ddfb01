// A dependent of service.ts: it has no credentials, and lists the accounts with the service's token.

import { connect } from 'tradovate-session'

async function main(socketPath: string): Promise<void> {
  const client = await connect({ socketPath })
  try {
    const { environment, generation } = client.status()
    console.log(`${environment}, token ${generation}`)
    for (const account of await client.getAccounts()) {
      console.log(`account ${account.id} ${account.name} ${account.accountType}`)
    }
  } finally {
    await client.close()
  }
}

const [, , socketPath] = process.argv
if (!socketPath) throw new Error('usage: node dependent.js <path of the socket>')
main(socketPath).catch((error: unknown) => {
  console.error(String(error))
  process.exitCode = 1
})
