// Compiled, not run: what the tracing channels publish.

import type { CallOutcome, Environment, HttpMethod, RequestTrace, TokenTrace, TradovateError } from 'tradovate-session'

export function everyField(trace: RequestTrace): unknown[] {
  const method: HttpMethod = trace.method
  const path: string = trace.path
  const texts: (string | undefined)[] = [trace.host, trace.url, trace.errorCode]
  const numbers: (number | undefined)[] = [
    trace.status,
    trace.attempts,
    trace.generation,
    trace.durationMs,
    trace.requestMs,
  ]
  const outcome: CallOutcome | undefined = trace.outcome
  // @ts-expect-error A call may reject with anything, such as a signal's reason.
  const error: Error | undefined = trace.error
  // @ts-expect-error Only a login or renewal tells when it began.
  const startedAt: Date = trace.startedAt
  return [method, path, texts, numbers, outcome, error, startedAt]
}

export function everyFieldOfALogin(trace: TokenTrace): unknown[] {
  const request: RequestTrace = trace
  const operation: 'login' | 'renewal' = trace.operation
  const environment: Environment = trace.environment
  const where: string[] = [trace.host, trace.url]
  const startedAt: Date = trace.startedAt
  const userId: number | undefined = trace.userId
  const error: TradovateError | undefined = trace.error
  return [request, operation, environment, where, startedAt, userId, error]
}
