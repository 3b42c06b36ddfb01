// Opens many sessions whose renewals and logins all fail from then on, and prints how many failures they told of.

import tradovate from '../../index.js'

const [tradovateUrl, count, wanted] = process.argv.slice(2)
const unhandled = []
process.on('unhandledRejection', reason => unhandled.push(String(reason)))
process.on('uncaughtException', reason => unhandled.push(String(reason)))

let failures = 0
const codes = new Set()
const { promise, resolve } = deferred()

function deferred() {
  const made = {}
  made.promise = new Promise(resolve => {
    made.resolve = resolve
  })
  return made
}

const sessions = await Promise.all(
  Array.from({ length: Number(count) }, async (_, number) => {
    // Each behind a base URL of its own: what Tradovate counts by address holds back none of them.
    const options = { baseUrl: `${tradovateUrl}/${number}/v1`, keepProcessAlive: true }
    const session = await tradovate.Session.open({ name: 'someone', password: 'password-of-no-worth' }, options)
    session.on('warning', error => {
      failures += 1
      codes.add(error.code)
      if (failures >= Number(wanted)) resolve()
    })
    return session
  }),
)
console.log('open')
await promise
await Promise.all(sessions.map(session => session.close()))
console.log(JSON.stringify({ failures, codes: [...codes], unhandled }))
