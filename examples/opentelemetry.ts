// OpenTelemetry for tradovate-session: a span and a measurement for each call, login and renewal, by the conventions for HTTP clients.
// Copy this file, and call observeSessions() once, after your SDK has started. It needs @opentelemetry/api and nothing else.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Attributes, metrics, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { RequestTrace, TokenTrace } from 'tradovate-session'

const OPERATIONS = ['request', 'login', 'renewal']
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Makes spans and measurements from now on. Returns what ends it. */
export function observeSessions(): () => void {
  const tracer = trace.getTracer('tradovate-session')
  const duration = metrics.getMeter('tradovate-session').createHistogram('http.client.request.duration', {
    description: 'Duration of HTTP client requests.',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  })
  const spans = new WeakMap<object, Span>()

  // Called within the caller's own code: the active span is the parent.
  const started = (message: unknown): void => {
    const call = message as RequestTrace | TokenTrace
    const startTime = 'startedAt' in call ? call.startedAt : undefined
    const attributes = { 'http.request.method': call.method, 'url.template': `/${call.path}` }
    spans.set(call, tracer.startSpan(`${call.method} /${call.path}`, { kind: SpanKind.CLIENT, startTime, attributes }))
  }

  const ended = (message: unknown): void => {
    const call = message as RequestTrace | TokenTrace
    const { durationMs = 0, errorCode, outcome, generation, attempts = 0, url } = call
    const common = commonAttributes(call)
    duration.record(durationMs / 1000, common)
    const span = spans.get(call)
    if (!span) return
    span.setAttributes(common)
    if (url) span.setAttribute('url.full', url)
    if (attempts > 1) span.setAttribute('http.request.resend_count', attempts - 1)
    if (generation !== undefined) span.setAttribute('tradovate.token.generation', generation)
    if (outcome) span.setAttribute('tradovate.call.outcome', outcome)
    if (errorCode) span.setStatus({ code: SpanStatusCode.ERROR })
    // The core has measured a login or renewal: the event loop may have heard of it late.
    span.end('startedAt' in call ? call.startedAt.getTime() + durationMs : undefined)
  }

  const channels = OPERATIONS.map(operation => `tracing:tradovate-session:${operation}`)
  for (const channel of channels) {
    subscribe(`${channel}:start`, started)
    subscribe(`${channel}:asyncEnd`, ended)
  }
  return () => {
    for (const channel of channels) {
      unsubscribe(`${channel}:start`, started)
      unsubscribe(`${channel}:asyncEnd`, ended)
    }
  }
}

/** What a span and a measurement both have. */
function commonAttributes({ method, path, url, status, errorCode }: RequestTrace): Attributes {
  const attributes: Attributes = { 'http.request.method': method, 'url.template': `/${path}` }
  if (url) {
    const { protocol, hostname, port } = new URL(url)
    attributes['server.address'] = hostname
    attributes['server.port'] = Number(port || (protocol === 'https:' ? 443 : 80))
  }
  if (status !== undefined) attributes['http.response.status_code'] = status
  if (errorCode) attributes['error.type'] = errorCode
  return attributes
}
