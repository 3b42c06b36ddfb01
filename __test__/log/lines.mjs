// Opens a session, makes a call that fails, and prints every line of the core's log.

import diagnostics from 'node:diagnostics_channel'
import { setImmediate } from 'node:timers/promises'
import tradovate from '../../index.js'

const [baseUrl, credentials] = process.argv.slice(2)
diagnostics.subscribe('tradovate-session:log', line => console.log(JSON.stringify(line)))

const session = await tradovate.Session.open(JSON.parse(credentials), { baseUrl })
await session.request('GET', 'no/such').catch(() => {})
await session.close()
// The lines cross on their own way.
await setImmediate()
