// A session of the installed package against its own sandbox.

const { Session } = require('tradovate-session')
const { startSandbox } = require('tradovate-session/sandbox')

async function main() {
  const sandbox = await startSandbox()
  const session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl })
  console.log(`${(await session.getAccounts()).length} accounts`)
  await session.close()
  await sandbox.close()
}

main()
