// A bot whose calls, logins and renewals are OpenTelemetry spans and metrics, by opentelemetry.ts. It prints them as JSON lines; yours
// takes an exporter for its collector, such as @opentelemetry/exporter-trace-otlp-http, in place of those that keep them in memory.

import { metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { Session } from 'tradovate-session'
import { startSandbox } from 'tradovate-session/sandbox'
import { observeSessions } from './opentelemetry.js'

const spanExporter = new InMemorySpanExporter()
const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
tracerProvider.register()
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: metricExporter })] })
metrics.setGlobalMeterProvider(meterProvider)
const tracer = trace.getTracer('bot')

/** Runs a part of the bot as a span, of which the calls in it are children. */
function span<T>(name: string, part: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, async span => {
    try {
      return await part()
    } finally {
      span.end()
    }
  })
}

function printSpans(): void {
  const spans = spanExporter.getFinishedSpans()
  for (const { name, parentSpanContext, status, attributes } of spans) {
    const parent = spans.find(each => each.spanContext().spanId === parentSpanContext?.spanId)?.name
    console.log(JSON.stringify({ span: name, parent, status: SpanStatusCode[status.code], attributes }))
  }
}

function printMetrics(): void {
  const scopes = metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
  for (const { descriptor, dataPoints } of scopes.flatMap(scope => scope.metrics)) {
    for (const { attributes, value } of dataPoints) {
      const count = typeof value === 'object' && 'count' in value ? value.count : value
      console.log(JSON.stringify({ metric: descriptor.name, unit: descriptor.unit, count, attributes }))
    }
  }
}

async function main(): Promise<void> {
  const stop = observeSessions()
  const sandbox = await startSandbox()
  const { credentials, baseUrl } = sandbox
  const session = await span('start', () => Session.open(credentials, { baseUrl, store: { type: 'memory' } }))
  try {
    await span('look', () => session.request('GET', 'order/list'))
    await span('renew', () => session.renew())
    await span('look in vain', () => session.request('GET', 'order/item', { query: { id: 1 } }).catch(() => undefined))
    sandbox.evict()
    await span('look after an eviction', () => session.getAccounts())
  } finally {
    await session.close()
    await sandbox.close()
    stop()
  }
  await Promise.all([tracerProvider.forceFlush(), meterProvider.forceFlush()])
  printSpans()
  printMetrics()
  await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()])
}

main().catch((error: unknown) => {
  console.error(String(error))
  process.exitCode = 1
})
