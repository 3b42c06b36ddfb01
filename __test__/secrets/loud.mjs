// A bot that prints everything that it can get hold of, in every way that Node has, through all kinds of failures.

import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { inspect } from 'node:util'
import tradovate from '../../index.js'

const { getAccessToken, getAccounts, renewAccessToken, Session } = tradovate

function shout(label, value) {
  console.log(label, value)
  console.log(inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: false }))
  console.log(String(value), JSON.stringify(value))
  if (value instanceof Error) {
    console.error(value)
    console.log(value.stack, value.cause)
  }
}

diagnostics.subscribe('tradovate-session', message => shout('diagnostics', message))
diagnostics.subscribe('tradovate-session:log', line => shout('log', line))
for (const operation of ['request', 'login', 'renewal']) {
  for (const event of ['start', 'asyncEnd', 'error']) {
    diagnostics.subscribe(`tracing:tradovate-session:${operation}:${event}`, trace => shout('trace', trace))
  }
}
process.on('warning', warning => shout('process warning', warning))

const [{ baseUrl, credentials }] = await once(process, 'message')
const options = { baseUrl, timeoutMs: 3000 }
const ask = question =>
  new Promise(resolve => {
    process.once('message', resolve)
    process.send(question)
  })
const fails = async (label, promise) =>
  shout(
    label,
    await promise.then(
      () => 'no failure',
      error => error,
    ),
  )

await fails('wrong password', getAccessToken({ ...credentials, password: `${credentials.password}-no` }, options))
await fails('unknown field', getAccessToken({ ...credentials, passwort: credentials.password }, options))
await fails('password as name', getAccessToken({ name: { ...credentials }, password: credentials }, options))
await fails('token that is none', getAccounts(credentials, options))
await fails('text that is no token', renewAccessToken(`${credentials.sec}\n`, options))
await fails('secret in the URL', Session.open(credentials, { baseUrl: `https://x:${credentials.sec}@127.0.0.1/v1` }))
await fails(
  'a function that throws',
  Session.open(() => Promise.reject(new Error('vault is shut')), options),
)

for (const { user, fault } of await ask('faults')) {
  const session = await Session.open(user, options)
  for (const event of ['token', 'warning', 'status']) {
    session.on(event, value =>
      shout(event, event === 'token' ? { ...value, accessToken: '-', mdAccessToken: '-' } : value),
    )
  }
  shout('session', session)
  await ask({ inject: fault })
  await fails('GET', session.request('GET', 'order/list', { query: { a: 1 }, timeoutMs: 2000 }))
  await fails('POST', session.request('POST', 'order/placeorder', { body: { accountId: 1 }, timeoutMs: 2000 }))
  await fails('renewal', session.renew({ timeoutMs: 2000 }))
  await fails(
    'token',
    session.getAccessToken({ timeoutMs: 2000 }).then(() => 'a token'),
  )
  await ask('clear')
  shout('status', session.status())
  await session.close()
  await fails('closed', session.getAccounts())
  try {
    console.log(session.accessToken.length)
  } catch (error) {
    shout('getter', error)
  }
}
shout('the report', process.report.getReport())
process.disconnect()
