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
  type TradovateErrorCode,
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
  new ServiceError('a', { code: 'ERR_TRADOVATE_SERVICE_MISMATCH', outcome: 'unknown' }),
  new PenaltyError('a', {
    code: undefined,
    status: undefined,
    outcome: undefined,
    retryAt: undefined,
    needsPerson: undefined,
  }),
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

/** Whether an order may be placed again, told by nothing but the outcome. */
export function mayBePlacedAgain({ outcome, code }: TradovateError): boolean | 'look first' {
  if (outcome === 'not-sent') return true
  if (outcome === 'answered') return code === 'ERR_TRADOVATE_PENALTY'
  const rest: 'unknown' | undefined = outcome
  return rest === undefined ? false : 'look first'
}

export function everyCode(error: TradovateError): string {
  switch (error.code) {
    case 'ERR_TRADOVATE_CONTENDED':
      return 'stop the other bot'
    case 'ERR_TRADOVATE_QUOTA':
    case 'ERR_TRADOVATE_LOGIN_BUDGET':
      return `wait until ${error.retryAt}`
    // @ts-expect-error: misspelt
    case 'ERR_TRADOVATE_CONTENTED':
      return 'never'
    case 'ERR_TRADOVATE':
      return 'made by hand'
    default: {
      const code: TradovateErrorCode = error.code
      return code
    }
  }
}

export function codesOfAClass(error: SessionError | PenaltyError): boolean {
  // @ts-expect-error: a code of another class
  if (error instanceof SessionError && error.code === 'ERR_TRADOVATE_CAPTCHA') return true
  // @ts-expect-error: misspelt
  if (error instanceof PenaltyError) return error.code === 'ERR_TRADOVATE_CAPCHA'
  // @ts-expect-error: not one of its codes
  new NetworkError('a', { code: 'ERR_TRADOVATE_CLOSED' })
  // @ts-expect-error: no such outcome
  new NetworkError('a', { outcome: 'sent' })
  return error.code === 'ERR_TRADOVATE_EVICTED'
}

export function isTooLate(error: TradovateError): boolean {
  // @ts-expect-error: no text that it has to be one of
  if (error.failureReason === 5) return false
  return error.failureReason === 'TooLate'
}
