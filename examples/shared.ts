// One of several bots with one login, on as many machines as you like: they share one token by way of Redis. Start it more than
// once, with the same TRADOVATE_* and BOT_REDIS_URL (rediss://user:password@host:port beyond your own machine).

import { Session } from 'tradovate-session'

async function main(url: string): Promise<void> {
  const session = await Session.fromEnvironment({ store: { type: 'redis', url } })
  session.on('token', ({ generation, how }) => console.log(`token ${generation} by ${how}`))
  session.on('warning', ({ code, message }) => console.log(`warning ${code}: ${message}`))

  const accounts = await session.getAccounts()
  const { generation, logins } = session.status()
  console.log(`token ${generation} after ${logins} logins of mine: ${accounts.length} accounts`)

  // Nothing else keeps this bot running; yours has work to do.
  const work = setInterval(() => {}, 1000)
  const stop = async (): Promise<void> => {
    clearInterval(work)
    await session.close()
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
}

main(process.env.BOT_REDIS_URL ?? 'redis://127.0.0.1:6379').catch((error: unknown) => {
  console.error(String(error))
  process.exitCode = 1
})
