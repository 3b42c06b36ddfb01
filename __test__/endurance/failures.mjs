// Opens many sessions whose renewals and logins all fail from then on, and prints how many failures they told of.

import tradovate from '../../index.js'

const [baseUrl, credentials, wanted] = process.argv.slice(2)
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
  JSON.parse(credentials).map(async login => {
    const session = await tradovate.Session.open(login, { baseUrl, keepProcessAlive: true })
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
