// What a user writes in TypeScript must compile under strict settings, whatever resolves his modules.

import {
  type Account,
  type Credentials,
  getAccessToken,
  getAccounts,
  PenaltyError,
  type Position,
  renewAccessToken,
  Session,
  type SessionStatus,
  type TokenSource,
  TradovateError,
} from 'tradovate-session'
import { type Sandbox, type SandboxFault, startSandbox } from 'tradovate-session/sandbox'

const credentials: Credentials = { name: 'me', password: 'secret', cid: 1234, sec: 'key' }

export async function oneCallAtATime(signal: AbortSignal): Promise<Account[]> {
  const { accessToken, expirationTime, userId } = await getAccessToken(credentials, { environment: 'demo', signal })
  console.log(expirationTime.length, userId?.toFixed())
  const renewed = await renewAccessToken(accessToken)
  return getAccounts(renewed.accessToken, { timeoutMs: 5000 })
}

export async function bot(source: TokenSource): Promise<string | undefined> {
  const [first] = await source.getAccounts()
  const positions = await source.request('GET', 'position/list')
  const open: Position[] = positions.filter(position => position.netPos !== 0)
  const active = await source.request<Array<{ netPos: number }>>('GET', 'position/list', { query: { active: true } })
  const { url, authorize } = source.webSocket('mdDemo')
  console.log(url, authorize(1), source.accessToken, open.length, active.length)
  return first?.name
}

export async function main(): Promise<void> {
  const sandbox: Sandbox = await startSandbox({ tokenLifetimeMs: 12_000 })
  const faults: SandboxFault[] = [
    { endpoint: 'renew', times: 2, status: 503 },
    { endpoint: 'account', fault: 'hang' },
    { endpoint: 'login', penalty: { seconds: 2 } },
  ]
  for (const fault of faults) sandbox.inject(fault)
  const session = await Session.open(async () => credentials, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } })
  session.on('token', token => console.log(token.generation.toFixed(), token.how === 'login'))
  session.on('status', (status: SessionStatus) => console.log(status.state, status.retryAt?.toISOString()))
  session.on('warning', warning => console.log(warning.code, warning.needsPerson))
  try {
    await bot(session)
  } catch (error) {
    if (error instanceof PenaltyError) console.log(error.retryAt?.getTime())
    else if (error instanceof TradovateError) console.log(error.code, error.status?.toFixed())
    else throw error
  } finally {
    await session.close()
    await sandbox.close()
  }
}

export async function scoped(): Promise<void> {
  await using session = await Session.fromEnvironment({ onEviction: 'stop', maxLogins: { count: 1, withinMs: 60_000 } })
  // @ts-expect-error an order has a symbol
  await session.request('POST', 'order/placeorder', { body: { action: 'Buy', orderQty: 1, orderType: 'Market' } })
  // @ts-expect-error a session has no such endpoint
  await session.request('PUT', 'account/list')
}
