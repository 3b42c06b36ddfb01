// Compiled, not run: what a caller can branch on, and how tests make errors of their own.

import {
  ConfigError,
  CredentialsError,
  NetworkError,
  PenaltyError,
  ProtocolError,
  ServiceError,
  SessionError,
  StoreError,
  TradovateError,
} from 'tradovate-session'

export function branch(error: unknown): Date | string | number | undefined {
  if (error instanceof PenaltyError) return error.retryAt
  if (error instanceof SessionError && error.code === 'ERR_TRADOVATE_CONTENDED') return 'stop the other bot'
  if (error instanceof TradovateError) return error.needsPerson ? error.code : error.status
  return undefined
}

export const made: TradovateError[] = [
  new TradovateError('a'),
  new ConfigError('a'),
  new CredentialsError('a', { code: 'ERR_TRADOVATE_ACCOUNT_STATUS', needsPerson: true }),
  new PenaltyError('a', { code: 'ERR_TRADOVATE_CAPTCHA', retryAt: new Date(), needsPerson: true }),
  new SessionError('a', { cause: new NetworkError('b') }),
  new NetworkError('a', { code: 'ERR_TRADOVATE_HTTP', status: 503 }),
  new ProtocolError('a'),
  new StoreError('a'),
  new ServiceError('a', { code: 'ERR_TRADOVATE_SERVICE_MISMATCH' }),
]

export function refused(error: TradovateError): void {
  // @ts-expect-error: a message is required
  new PenaltyError()
  // @ts-expect-error: a time is a Date
  new PenaltyError('a', { retryAt: Date.now() })
  // @ts-expect-error: read only
  error.code = 'ERR_TRADOVATE_CLOSED'
  // @ts-expect-error: needsPerson is always there, and no text
  const text: string = error.needsPerson
  console.log(text)
}
