// Compiled, not run: what the three functions take and give.

import type { AccessTokenResponse, Account, CallOptions, Credentials, UserStatus } from 'tradovate-session'
import { getAccessToken, getAccounts, renewAccessToken } from 'tradovate-session'

const documented: Credentials = {
  name: 'Your credentials here',
  password: 'Your credentials here',
  appId: 'Sample App',
  appVersion: '1.0',
  cid: 0,
  sec: 'Your API secret here',
}
const withText: Credentials = { name: 'a', password: 'b', cid: '8', deviceId: 'd' }
const options: CallOptions = {
  environment: 'demo',
  baseUrl: 'http://127.0.0.1:4010/v1',
  timeoutMs: 1000,
  signal: AbortSignal.timeout(1000),
}

export async function everyCall(): Promise<Account[]> {
  const answer: AccessTokenResponse = await getAccessToken(documented, options)
  await getAccessToken(withText)
  const renewed: string = (await renewAccessToken(answer.accessToken)).accessToken
  const market: string | undefined = answer.mdAccessToken
  const status: UserStatus | undefined = answer.userStatus
  const demo: string | undefined = answer.apiHosts?.demo
  const unknownField: unknown = answer.hibpHint
  return getAccounts([renewed, market, status, demo, unknownField].join(), options)
}

export function everyField(account: Account): [number, string, number, string] {
  const size: number | undefined = account.evaluationSize
  const flags: (boolean | undefined)[] = [
    account.active,
    account.restricted,
    account.closed,
    account.archived,
    account.readonly,
    account.futuresDisabled,
    account.swapEnabled,
    account.spotMarginEnabled,
    account.ssfRiskDisclosureAcknowledgment,
  ]
  const ids: (number | undefined)[] = [account.clearingHouseId, account.riskCategoryId, account.autoLiqProfileId]
  const texts: (string | undefined)[] = [
    account.marginAccountType,
    account.legalStatus,
    account.timestamp,
    account.ccEmail,
    account.nickname,
  ]
  const futureType: Account['accountType'] = 'SomethingNew'
  return [account.id, account.name, account.userId, [size, flags, ids, texts, futureType, account.accountType].join()]
}

export function refused(token: string): void {
  // @ts-expect-error: a password is required
  getAccessToken({ name: 'a' })
  // @ts-expect-error: the vendor's web client's field
  getAccessToken({ name: 'a', password: 'b', chl: 'c' })
  // @ts-expect-error: a cid is a number or a string
  getAccessToken({ name: 'a', password: 'b', cid: true })
  // @ts-expect-error: a function gives credentials only to a session
  getAccessToken(() => documented)
  // @ts-expect-error: only live and demo
  getAccounts(token, { environment: 'paper' })
  // @ts-expect-error: milliseconds are a number
  getAccounts(token, { timeoutMs: '1000' })
  // @ts-expect-error: an unknown option
  getAccounts(token, { retries: 3 })
  // @ts-expect-error: a token is a string
  renewAccessToken(undefined)
}
