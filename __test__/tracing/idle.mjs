// Opens a session, says that its login was traced, and has nothing else to do.

import tradovate from '../../index.js'
import { Traces } from './traces.mjs'

const [baseUrl, credentials] = process.argv.slice(2)
const traces = new Traces()
await tradovate.Session.open(JSON.parse(credentials), { baseUrl, store: { type: 'memory' } })
const [operation, event] = traces.heard.at(-1)
console.log(operation, event)
