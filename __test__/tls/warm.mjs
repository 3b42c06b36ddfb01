// Opens a session at each base URL, the first kept warm and the second not. They stay open until standard input ends.

import { Session } from '../../index.js'

const [warmUrl, coldUrl] = process.argv.slice(2)
const identity = { name: 'a-user', password: 'a-password' }
const store = { type: 'memory' }
const sessions = await Promise.all([
  Session.open(identity, { store, baseUrl: warmUrl }),
  Session.open(identity, { store, baseUrl: coldUrl, keepWarm: false }),
])
console.log('open')
for await (const _ of process.stdin);
await Promise.all(sessions.map(session => session.close()))
