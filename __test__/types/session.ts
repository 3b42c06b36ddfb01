// Compiled, not run: what a session takes and gives.

import type {
  AccessToken,
  Account,
  AddressUse,
  Budget,
  CashBalanceSnapshot,
  CredentialsSource,
  HostPurpose,
  SessionOptions,
  SessionStatus,
  StoreOptions,
  TokenSource,
  TradovateError,
} from 'tradovate-session'
import { Session } from 'tradovate-session'

const everyOption: SessionOptions = {
  environment: 'demo',
  baseUrl: 'https://example.com/v1',
  timeoutMs: 1000,
  renewBeforeMs: 60_000,
  store: { type: 'memory' },
  onEviction: 'stop',
  maxLogins: { count: 1, withinMs: 1000 },
  keepProcessAlive: true,
  keepWarm: false,
  signal: new AbortController().signal,
}
const stores: StoreOptions[] = [
  { type: 'memory' },
  { type: 'file' },
  { type: 'file', path: '/a', key: new Uint8Array(32) },
  { type: 'file', key: Buffer.alloc(32) },
  { type: 'redis', url: 'redis://localhost' },
  { type: 'redis', url: 'rediss://a:b@localhost:1/2', prefix: 'a:', key: new Uint8Array(32) },
]
const sources: CredentialsSource[] = [
  { name: 'a', password: 'b' },
  () => ({ name: 'a', password: 'b' }),
  async () => ({ name: 'a', password: 'b' }),
]

export async function opens(): Promise<void> {
  const [source] = sources
  if (source) await Session.open(source, everyOption)
  if (source) for (const store of stores) await Session.open(source, { store })
  await using session = await Session.fromEnvironment({ timeoutMs: 5 })
  const reader: TokenSource = session
  await reader.close()
}

export async function everyMember(session: Session, signal: AbortSignal): Promise<void> {
  const wait = { signal, timeoutMs: 10 }
  const token: string = session.accessToken
  const market: string | undefined = session.mdAccessToken
  const current: AccessToken = await session.getAccessToken(wait)
  const renewed: AccessToken = await session.renew(wait)
  const all: Account[] = await session.getAccounts(wait)
  const one: Account = await session.getAccount(1, wait)
  const some: Account[] = await session.getAccountsById([1, 2], wait)
  const found: Account | undefined = await session.findAccount('DEMO1', wait)
  const suggested: Account[] = await session.suggestAccounts('DE', 5, wait)
  const theirs: Account[] = await session.getAccountsOfUsers([1], wait)
  const balance: CashBalanceSnapshot = await session.getCashBalance(1, wait)
  const order = await session.request<{ orderId: number }>('POST', 'order/placeorder', {
    ...wait,
    body: { accountId: 1 },
    query: { a: 'b', c: 1, d: true },
    purpose: 'demo',
  })
  const answer: unknown = await session.request('GET', 'order/list')
  const host: string = session.host('mdLive')
  const { url, authorize } = session.webSocket('mdDemo')
  const frame: string = authorize(1)
  const status: SessionStatus = session.status()
  const retryAt: Date | undefined = status.retryAt
  const reason: TradovateError | undefined = status.reason
  const counts: number = status.logins + status.renewals + status.adoptions + status.failures + status.clockOffsetMs
  const { logins, renewals, refusedLogins, overfull }: AddressUse = status.address
  const full: boolean = overfull || logins + renewals + refusedLogins > 12
  const budget: Budget = status.budget
  const left: number = budget.logins + budget.renewals
  const resumed: undefined = (await session.resume(wait)) as undefined
  await session.close()
  await session[Symbol.asyncDispose]()
  console.log(token, market, current, renewed, all, one, some, found, suggested, theirs, balance, order.orderId, answer)
  console.log(host, url, frame, retryAt, reason, counts, full, left, resumed)
}

export function events(session: Session): void {
  session.on('token', token => {
    const how: 'login' | 'renewal' | 'adopted' = token.how
    const generation: number = token.generation
    console.log(how, generation)
  })
  session.once('status', status => console.log(status.state === 'contended'))
  session.off('warning', (error: TradovateError) => console.log(error.code, error.needsPerson))
}

export function refused(session: Session, purpose: HostPurpose, text: string): void {
  // @ts-expect-error: sessions are opened
  new Session()
  // @ts-expect-error: credentials or a function
  Session.open('name')
  // @ts-expect-error: the function's answer is credentials
  Session.open(() => ({ name: 'a' }))
  // @ts-expect-error: memory has no folder
  Session.open({ name: 'a', password: 'b' }, { store: { type: 'memory', path: '/a' } })
  // @ts-expect-error: a key is bytes
  Session.open({ name: 'a', password: 'b' }, { store: { type: 'file', key: '00' } })
  // @ts-expect-error: a Redis is somewhere
  Session.open({ name: 'a', password: 'b' }, { store: { type: 'redis' } })
  // @ts-expect-error: no such store
  Session.open({ name: 'a', password: 'b' }, { store: { type: 'sql' } })
  // @ts-expect-error: both parts are needed
  Session.open({ name: 'a', password: 'b' }, { maxLogins: { count: 1 } })
  // @ts-expect-error: login or stop
  Session.open({ name: 'a', password: 'b' }, { onEviction: 'fight' })
  // @ts-expect-error: read only
  session.accessToken = 'x'
  // @ts-expect-error: ids are numbers
  session.getAccount('1')
  // @ts-expect-error: a limit is required
  session.suggestAccounts('DE')
  // @ts-expect-error: GET or POST
  session.request('PUT', 'order/list')
  // @ts-expect-error: one level, and nothing undefined
  session.request('GET', 'order/list', { query: { a: undefined } })
  // @ts-expect-error: an unknown purpose
  session.host('news')
  // @ts-expect-error: any text is no purpose
  session.host(text)
  // @ts-expect-error: the id is required
  session.webSocket(purpose).authorize()
  // @ts-expect-error: a warning is an error
  session.on('warning', (error: string) => error)
}
