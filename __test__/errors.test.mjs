// Errors: a class for each code, made from the core's JSON or by users, with a stack that leads to the caller.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import errors from '../errors.js'

const { ThrownValues, TradovateError, errorFrom, unwrap } = errors

const CODES = {
  ConfigError: ['CONFIG'],
  CredentialsError: ['CREDENTIALS', 'EXTRA_FACTOR', 'ACCOUNT_STATUS'],
  PenaltyError: ['PENALTY', 'CAPTCHA', 'RATE_LIMITED', 'LOCKED_OUT', 'LOGIN_BUDGET', 'QUOTA'],
  SessionError: ['EXPIRED', 'EVICTED', 'CONTENDED', 'CLOSED', 'UNAUTHORIZED', 'FORBIDDEN'],
  NetworkError: ['CONNECT', 'TIMEOUT', 'HTTP'],
  ProtocolError: ['PROTOCOL', 'VIOLATION', 'NOT_FOUND', 'REJECTED'],
  StoreError: ['STORE', 'STORE_MISMATCH'],
  ServiceError: ['SERVICE', 'SERVICE_MISMATCH'],
}

for (const [name, causes] of Object.entries(CODES)) {
  test(`${name} is the class of ${causes.join(', ')}`, () => {
    for (const cause of causes) {
      const code = `ERR_TRADOVATE_${cause}`
      const error = errorFrom({ code, message: 'what happened', needsPerson: false })
      assert.equal(Object.getPrototypeOf(error), errors[name].prototype)
      assert.ok(error instanceof TradovateError)
      assert.deepEqual([error.name, error.code, error.message], [name, code, 'what happened'])
      assert.ok(error.stack.startsWith(`${name}: what happened\n`))
      assert.ok(inspect(error).includes(code))
    }
    assert.equal(new errors[name]('made by a user').code, `ERR_TRADOVATE_${causes[0]}`)
  })
}

test('a code that this facade does not know is still a TradovateError with that code', () => {
  const error = errorFrom({ code: 'ERR_TRADOVATE_NEW', message: 'm', needsPerson: true })
  assert.equal(Object.getPrototypeOf(error), TradovateError.prototype)
  assert.deepEqual([error.name, error.code, error.needsPerson], ['TradovateError', 'ERR_TRADOVATE_NEW', true])
})

test('what came is there with its type, and what did not come is absent', () => {
  const json = {
    code: 'ERR_TRADOVATE_RATE_LIMITED',
    message: 'm',
    status: 429,
    retryAt: 1_700_000_000_000,
    needsPerson: true,
    cause: { code: 'ERR_TRADOVATE_CONNECT', message: 'inner', needsPerson: false },
  }
  const full = errorFrom(json)
  assert.equal(full.status, 429)
  assert.deepEqual(full.retryAt, new Date(1_700_000_000_000))
  assert.equal(full.needsPerson, true)
  assert.ok(full.cause instanceof errors.NetworkError)
  assert.equal(full.cause.message, 'inner')

  const bare = errorFrom({ code: 'ERR_TRADOVATE_HTTP', message: 'm', needsPerson: false })
  assert.deepEqual(Object.keys(bare), ['code', 'needsPerson'])
  assert.equal('cause' in bare, false)
})

test('users can make errors, with or without details', () => {
  const retryAt = new Date()
  const options = { code: 'ERR_TRADOVATE_CAPTCHA', status: 200, retryAt, needsPerson: true, cause: 'c' }
  const error = new errors.PenaltyError('m', options)
  assert.deepEqual(
    [error.code, error.status, error.retryAt, error.needsPerson, error.cause],
    ['ERR_TRADOVATE_CAPTCHA', 200, retryAt, true, 'c'],
  )
  assert.equal(new TradovateError('m').code, 'ERR_TRADOVATE')
  assert.equal(new TradovateError('m').needsPerson, false)
})

test('a failed outcome throws, and its stack names the async function that waited for it', async () => {
  async function theCaller() {
    const error = JSON.stringify({ code: 'ERR_TRADOVATE_HTTP', message: 'm', needsPerson: false })
    return unwrap(await new Promise(resolve => setImmediate(() => resolve({ text: null, error }))))
  }
  async function itsCaller() {
    await theCaller()
  }
  await assert.rejects(itsCaller(), error => {
    assert.match(error.stack, /theCaller[\s\S]*itsCaller/)
    return true
  })
  assert.equal(unwrap({ text: 'fine', error: null }), 'fine')
})

test('what a function threw comes back as that very value, from any depth of causes', () => {
  const values = new ThrownValues()
  const value = { not: 'even an error' }
  const number = values.keep(value)
  const inner = { code: 'ERR_TRADOVATE_CONFIG', message: 'inner', needsPerson: false, thrown: number }
  const outer = { code: 'ERR_TRADOVATE_EXPIRED', message: 'outer', needsPerson: false, cause: inner }
  for (const json of [inner, outer]) {
    const outcome = { text: null, error: JSON.stringify(json) }
    assert.throws(
      () => unwrap(outcome, values),
      error => error === value,
    )
  }
  assert.equal(errorFrom(inner, values).cause, value)
  assert.equal(errorFrom(outer, values).cause.cause, value)
  const unknown = { text: null, error: JSON.stringify({ ...inner, thrown: number + 1 }) }
  assert.throws(() => unwrap(unknown, values), { code: 'ERR_TRADOVATE_CONFIG' })
})

test('undefined that was thrown comes back too', () => {
  const values = new ThrownValues()
  const json = { code: 'ERR_TRADOVATE_CONFIG', message: 'm', needsPerson: false, thrown: values.keep(undefined) }
  let caught = 'nothing'
  try {
    unwrap({ text: null, error: JSON.stringify(json) }, values)
  } catch (error) {
    caught = error
  }
  assert.equal(caught, undefined)
})

test('only the latest of many thrown values are kept', () => {
  const values = new ThrownValues()
  const numbers = Array.from({ length: 1000 }, (_, index) => values.keep(index))
  assert.equal(values.has(numbers[0]), false)
  assert.equal(values.get(numbers[999]), 999)
  assert.equal(numbers.filter(number => values.has(number)).length, 64)
})
