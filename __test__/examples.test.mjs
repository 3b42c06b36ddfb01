// The examples compile, run against the sandbox, and show what they are there to show.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { tracingChannel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import * as names from '@opentelemetry/semantic-conventions'
import { startSandbox } from '../sandbox/index.js'
import { Canaries } from '../scripts/canaries.mjs'
import { variablesOf } from './cli/command.mjs'
import { Redis, skipWithoutRedis } from './redis/server.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TRADOVATE_')))

function run(program, ...args) {
  return spawnSync(program, args, { cwd: root, env, encoding: 'utf8', timeout: 60_000 })
}

function linesOf({ status, stdout, stderr, error }) {
  assert.equal(error, undefined)
  assert.equal(stderr, '')
  assert.equal(status, 0, stdout)
  return stdout.trim().split('\n')
}

function runExample(name, ...args) {
  return linesOf(run(process.execPath, join('examples', 'build', `${name}.js`), ...args))
}

const count = (lines, pattern) => lines.filter(line => pattern.test(line)).length

describe('examples', () => {
  before(() => {
    const { status, stdout } = run(process.execPath, tsc, '-p', 'examples')
    assert.equal(status, 0, stdout)
  })

  it('accounts: requests a token and lists the accounts', () => {
    const [user, ...accounts] = runExample('accounts')
    assert.match(user, /^user \d+: the token is good until \d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.ok(accounts.length > 0)
    for (const account of accounts) assert.match(account, /^account \d+ \S+ \w+$/)
  })

  it('bot: carries on through an outage and an eviction, with one renewal and one more login', {
    timeout: 60_000,
  }, () => {
    const lines = runExample('bot')
    assert.equal(count(lines, /accounts: \S+/), 1)
    assert.equal(count(lines, /warning ERR_TRADOVATE_HTTP$/), 1)
    assert.equal(count(lines, /status degraded$/), 1)
    assert.equal(count(lines, /token \d+ by renewal$/), 1)
    const evicted = lines.findIndex(line => line.includes('a login elsewhere'))
    assert.equal(count(lines.slice(evicted), /token \d+ by login$/), 1)
    const [done, closed] = lines.slice(-2)
    assert.match(done, /done: active, \d+ good polls, 0 failed, 2 logins, 1 renewals$/)
    assert.match(closed, /status closed$/)
    assert.ok(Number(done.trim().split(' ')[0]) < 20, done)
  })

  it('order: each order is there once or not at all, whenever the connection was cut', () => {
    assert.deepEqual(runExample('order'), [
      'all is well: placed as 900001 at try 1',
      'a quantity of 0: refused: ERR_TRADOVATE_REJECTED order/placeorder: Tradovate says: UnknownReason: Invalid order quantity',
      'cut after the order was taken: the answer was lost; it is there as 900002',
      'cut before the order was taken: placed as 900003 at try 2',
      'the host is gone: placed as 900004 at try 2',
      '4 orders at Tradovate, and 4 contracts',
    ])
  })

  it('traced: calls, logins and renewals are OpenTelemetry spans and metrics, by its names, without a secret', () => {
    const lines = runExample('traced')
    const told = lines.map(line => JSON.parse(line))
    const [{ attributes: first }] = told
    const [address, port] = [first[names.ATTR_SERVER_ADDRESS], first[names.ATTR_SERVER_PORT]]
    assert.equal(address, '127.0.0.1')
    const common = (method, path, status, error) => ({
      [names.ATTR_HTTP_REQUEST_METHOD]: method,
      'url.template': `/${path}`,
      [names.ATTR_SERVER_ADDRESS]: address,
      [names.ATTR_SERVER_PORT]: port,
      [names.ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
      ...(error && { [names.ATTR_ERROR_TYPE]: error }),
    })
    const span = (parent, method, path, status, { error, again, generation }) => ({
      span: `${method} /${path}`,
      ...(parent && { parent }),
      status: error ? 'ERROR' : 'UNSET',
      attributes: {
        ...common(method, path, status, error),
        [names.ATTR_URL_FULL]: `http://${address}:${port}/v1/${path}`,
        ...(again && { [names.ATTR_HTTP_REQUEST_RESEND_COUNT]: again }),
        ...(generation && { 'tradovate.token.generation': generation }),
        ...(error && { 'tradovate.call.outcome': 'answered' }),
      },
    })
    const part = name => ({ span: name, status: 'UNSET', attributes: {} })
    const [login, renewal] = [
      ['POST', 'auth/accesstokenrequest'],
      ['GET', 'auth/renewaccesstoken'],
    ]
    const [notFound, unauthorized] = ['ERR_TRADOVATE_NOT_FOUND', 'ERR_TRADOVATE_UNAUTHORIZED']
    assert.deepEqual(
      told.filter(line => line.span),
      [
        span('start', ...login, 200, { generation: 1 }),
        part('start'),
        span('look', 'GET', 'order/list', 200, { generation: 1 }),
        part('look'),
        span(undefined, ...renewal, 200, { generation: 2 }),
        part('renew'),
        span('look in vain', 'GET', 'order/item', 404, { error: notFound, generation: 2 }),
        part('look in vain'),
        span(undefined, ...renewal, 401, { error: unauthorized }),
        span(undefined, ...login, 200, { generation: 3 }),
        span('look after an eviction', 'GET', 'account/list', 200, { again: 1, generation: 3 }),
        part('look after an eviction'),
      ],
    )
    const metric = (count, ...of) => ({
      metric: names.METRIC_HTTP_CLIENT_REQUEST_DURATION,
      unit: 's',
      count,
      attributes: common(...of),
    })
    assert.deepEqual(
      told.filter(line => line.metric),
      [
        metric(2, ...login, 200),
        metric(1, 'GET', 'order/list', 200),
        metric(1, ...renewal, 200),
        metric(1, 'GET', 'order/item', 404, notFound),
        metric(1, ...renewal, 401, unauthorized),
        metric(1, 'GET', 'account/list', 200),
      ],
    )
    const canaries = new Canaries()
    for (const line of lines) canaries.watch(line)
    assert.deepEqual(canaries.found, [])
  })

  it('opentelemetry: spans and measurements have the times that the core has measured, until it is stopped', async () => {
    const exporter = new InMemorySpanExporter()
    const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter: metricExporter })
    const meterProvider = new MeterProvider({ readers: [reader] })
    tracerProvider.register()
    metrics.setGlobalMeterProvider(meterProvider)
    const { observeSessions } = createRequire(import.meta.url)('../examples/build/opentelemetry.js')
    const { start, asyncEnd } = tracingChannel('tradovate-session:login')
    const login = {
      operation: 'login',
      method: 'POST',
      path: 'auth/accesstokenrequest',
      url: 'https://demo.tradovateapi.com/v1/auth/accesstokenrequest',
      startedAt: new Date('2026-01-02T03:04:05.500Z'),
      durationMs: 1250,
    }
    const stop = observeSessions()
    start.publish(login)
    asyncEnd.publish(login)
    stop()
    start.publish({ ...login })
    asyncEnd.publish({ ...login })
    await meterProvider.forceFlush()
    const [span, ...others] = exporter.getFinishedSpans()
    const [{ scopeMetrics }] = metricExporter.getMetrics()
    const [{ dataPoints }] = scopeMetrics[0].metrics
    await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()])
    assert.deepEqual(others, [])
    const seconds = login.startedAt.getTime() / 1000
    assert.deepEqual(span.startTime, [Math.floor(seconds), 5e8])
    assert.deepEqual(span.duration, [1, 25e7])
    assert.equal(span.attributes[names.ATTR_SERVER_PORT], 443)
    const [{ value }] = dataPoints
    assert.deepEqual([dataPoints.length, value.count, value.sum], [1, 1, 1.25])
  })

  it('service: a Node and a Python dependent list the accounts by one login', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'token-service-'))
    const socketPath = join(folder, 'token.sock')
    const script = join('examples', 'build', 'service.js')
    const service = spawn(process.execPath, [script, socketPath], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      service.stdout.setEncoding('utf8')
      const [serving] = await once(service.stdout, 'data')
      assert.equal(serving, `serving token 1 at ${socketPath}\n`)
      const lists = [
        runExample('dependent', socketPath),
        linesOf(run('python3', join('examples', 'dependent.py'), socketPath)),
      ]
      for (const [token, ...accounts] of lists) {
        assert.equal(token, 'live, token 1')
        assert.equal(accounts.length, 2)
        for (const account of accounts) assert.match(account, /^account \d+ \S+ \w+$/)
      }
      assert.deepEqual(lists[0], lists[1])
      const stopped = once(service.stdout, 'data')
      service.kill('SIGTERM')
      assert.equal((await stopped)[0], 'stopped after 1 login and 3 calls\n')
      assert.deepEqual(await once(service, 'exit'), [0, null])
    } finally {
      service.kill('SIGKILL')
      await rm(folder, { recursive: true })
    }
  })

  it('shared: two bots on one Redis have one login between them', { skip: skipWithoutRedis }, async () => {
    const redis = await Redis.start()
    const sandbox = await startSandbox({ tokenLifetimeMs: 8000 })
    const bots = []
    const start = async () => {
      const script = join('examples', 'build', 'shared.js')
      const stdio = ['ignore', 'pipe', 'inherit']
      const bot = spawn(process.execPath, [script], {
        cwd: root,
        env: { ...env, ...variablesOf(sandbox), BOT_REDIS_URL: redis.url },
        stdio,
      })
      const lines = createInterface(bot.stdout)[Symbol.asyncIterator]()
      bots.push(bot)
      const says = async pattern => {
        for (;;) {
          const { value, done } = await lines.next()
          assert.ok(!done, `nothing like ${pattern}`)
          if (pattern.test(value)) return value
        }
      }
      return { bot, says }
    }
    try {
      const both = [await start(), await start()]
      const say = async pattern => (await Promise.all(both.map(({ says }) => says(pattern)))).sort()
      const opened = ['token 1 after 0 logins of mine: 2 accounts', 'token 1 after 1 logins of mine: 2 accounts']
      assert.deepEqual(await say(/accounts$/), opened)
      assert.deepEqual(await say(/^token 2 /), ['token 2 by adopted', 'token 2 by renewal'])
      assert.equal(sandbox.counts.logins, 1)
      for (const { bot } of both) {
        bot.kill('SIGTERM')
        assert.deepEqual(await once(bot, 'exit'), [0, null])
      }
    } finally {
      for (const bot of bots) bot.kill('SIGKILL')
      await sandbox.close()
      await redis.stop()
    }
  })
})
