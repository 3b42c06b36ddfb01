// Sessions whose fetch is tried, and the errors that it rejects with.

import assert from 'node:assert/strict'
import { after } from 'node:test'
import { inspect } from 'node:util'
import tradovate from '../../index.js'
import { startSandbox } from '../../sandbox/index.js'
import { Upstream } from './upstream.mjs'
import '../own-state.mjs'

const { Session, TradovateError } = tradovate
const CREDENTIALS = { name: 'n', password: 'canary-password' }
export const ORDER = { accountId: 500_001, action: 'Buy', symbol: 'ESZ6', orderQty: 1, orderType: 'Market' }
export const BODY = JSON.stringify(ORDER)
const NOTHING = { status: 200, body: '[]' }

const closing = []
after(async () => {
  for (const each of closing.reverse()) await each.close()
})
export function kept(each) {
  closing.push(each)
  return each
}

async function open(credentials, baseUrl, options) {
  return kept(await Session.open(credentials, { baseUrl, environment: 'demo', store: { type: 'memory' }, ...options }))
}

/** A session at a server that answers so: `{ status, headers, body }`, or a function that does it. */
export async function at(answer = NOTHING, options) {
  const { status, headers, body } = answer
  const answers = (_, response) => response.writeHead(status, headers).end(body)
  const upstream = kept(await Upstream.start(typeof answer === 'function' ? answer : answers))
  return { upstream, session: await open(CREDENTIALS, upstream.baseUrl, options) }
}

/** A session at a sandbox, and the calls of an endpoint that the sandbox saw. */
export async function atSandbox(options) {
  const sandbox = kept(await startSandbox())
  const session = await open(sandbox.credentials, sandbox.baseUrl, options)
  const seen = endpoint => sandbox.log.filter(call => call.endpoint === endpoint)
  return { sandbox, session, seen }
}

async function failure(call) {
  const error = await call.then(
    () => assert.fail('it was answered'),
    reason => reason,
  )
  assert.ok(error instanceof TradovateError, inspect(error))
  assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /canary/)
  return error
}

export async function fails(call, cause, outcome, message = /./) {
  const error = await failure(call)
  assert.deepEqual([error.code, error.outcome], [`ERR_TRADOVATE_${cause}`, outcome], error.message)
  assert.match(error.message, message)
  return error
}

export const refused = (call, message) => fails(call, 'CONFIG', 'not-sent', message)
