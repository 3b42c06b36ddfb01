// Tradovate's own example, call for call: request an access token, then list the accounts with it.

import { type CallOptions, type Credentials, getAccessToken, getAccounts } from 'tradovate-session'
import { startSandbox } from 'tradovate-session/sandbox'

async function main(credentials: Credentials, options: CallOptions): Promise<void> {
  const { accessToken, userId, expirationTime } = await getAccessToken(credentials, options)
  console.log(`user ${userId}: the token is good until ${expirationTime}`)

  const accounts = await getAccounts(accessToken, options)
  for (const account of accounts) {
    console.log(`account ${account.id} ${account.name} ${account.accountType}`)
  }
}

async function mainInSandbox(): Promise<void> {
  const sandbox = await startSandbox()
  try {
    await main(sandbox.credentials, { baseUrl: sandbox.baseUrl })
  } finally {
    await sandbox.close()
  }
}

/** Your own API key, from the environment; undefined without one. */
function ownCredentials(): Credentials | undefined {
  const { TRADOVATE_NAME, TRADOVATE_PASSWORD, TRADOVATE_CID, TRADOVATE_SEC } = process.env
  if (!TRADOVATE_NAME || !TRADOVATE_PASSWORD) return undefined
  return {
    name: TRADOVATE_NAME,
    password: TRADOVATE_PASSWORD,
    appId: 'Sample App',
    appVersion: '1.0',
    cid: TRADOVATE_CID,
    sec: TRADOVATE_SEC,
  }
}

const credentials = ownCredentials()
const environment = process.env.TRADOVATE_ENVIRONMENT === 'demo' ? 'demo' : 'live'
const done = credentials ? main(credentials, { environment }) : mainInSandbox()

done.catch((error: unknown) => {
  console.error(String(error))
  process.exitCode = 1
})
