// Session.fromEnvironment: what each variable gives, and bad ones refused by name, with the value nowhere in the error.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import tradovate from '../index.js'
import { baseUrl, CANARY, GOOD, long, ODD, table, upstream } from './input/refusal.mjs'
import './own-state.mjs'

const { Session } = tradovate

const VARIABLES = ['NAME', 'PASSWORD', 'APP_ID', 'APP_VERSION', 'DEVICE_ID', 'CID', 'SEC', 'ENVIRONMENT', 'BASE_URL']

async function withVariables(variables, call) {
  const names = VARIABLES.map(name => `TRADOVATE_${name}`)
  const old = names.map(name => process.env[name])
  for (const name of names) delete process.env[name]
  for (const [name, value] of Object.entries(variables)) process.env[`TRADOVATE_${name}`] = value
  try {
    return await call()
  } finally {
    for (const [index, name] of names.entries()) {
      if (old[index] === undefined) delete process.env[name]
      else process.env[name] = old[index]
    }
  }
}

const variables = { NAME: 'n', PASSWORD: 'p' }
for (const [name, environment] of Object.entries({
  NAME: { PASSWORD: CANARY },
  PASSWORD: { NAME: CANARY, PASSWORD: '' },
  APP_ID: { ...variables, APP_ID: long(65) },
  APP_VERSION: { ...variables, APP_VERSION: long(65) },
  DEVICE_ID: { ...variables, DEVICE_ID: long(65) },
  CID: { ...variables, CID: long(65) },
  SEC: { ...variables, SEC: `${CANARY}\n` },
  ENVIRONMENT: { ...variables, ENVIRONMENT: CANARY },
  BASE_URL: { ...variables, BASE_URL: `http://${CANARY}.example` },
})) {
  const given = name === 'BASE_URL' ? environment : { BASE_URL: baseUrl, ...environment }
  const call = () => withVariables(given, () => Session.fromEnvironment())
  table('Session.fromEnvironment', [[`TRADOVATE_${name}`, call]])
}

table('Session.fromEnvironment', [
  ['options.timeoutMs', () => withVariables(variables, () => Session.fromEnvironment({ baseUrl, timeoutMs: ODD }))],
])

async function loginFrom(environment, options) {
  const opened = await withVariables(environment, () => Session.fromEnvironment(options))
  const { environment: name } = opened.status()
  await opened.close()
  return [name, JSON.parse(upstream.lastBody)]
}

test('Session.fromEnvironment: every variable is used, and an empty one counts as unset', async () => {
  const login = { ...variables, APP_ID: 'a', APP_VERSION: '1', DEVICE_ID: 'd', CID: '8', SEC: 's' }
  assert.deepEqual(await loginFrom({ ...login, ENVIRONMENT: 'demo', BASE_URL: baseUrl }), [
    'demo',
    { name: 'n', password: 'p', appId: 'a', appVersion: '1', deviceId: 'd', cid: 8, sec: 's' },
  ])
  const empty = { ...variables, NAME: 'another', APP_ID: '', CID: '', ENVIRONMENT: '', BASE_URL: baseUrl }
  assert.deepEqual(await loginFrom(empty), ['live', { name: 'another', password: 'p' }])
})

test('Session.fromEnvironment: options win over variables, even over bad ones', async () => {
  const environment = { ...variables, ENVIRONMENT: 'nonsense', BASE_URL: 'nonsense' }
  assert.deepEqual(await loginFrom(environment, { baseUrl, environment: 'demo' }), ['demo', GOOD])
})

test('Session.fromEnvironment: a cid of decimal digits goes as a number, any other as a string', async () => {
  const cases = [
    ['0', 0],
    ['12345', 12345],
    ['007', '007'],
    ['1e3', '1e3'],
    ['-1', '-1'],
    ['9007199254740993', '9007199254740993'],
  ]
  for (const [given, sent] of cases) {
    const [, { cid }] = await loginFrom({ ...variables, CID: given, BASE_URL: baseUrl })
    assert.equal(cid, sent)
  }
})
