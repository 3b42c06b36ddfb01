// Opens a session that is kept warm and leaves it open: nothing is left to do, so the process ends by itself.

import { Session } from '../../index.js'

const [baseUrl] = process.argv.slice(2)
await Session.open({ name: 'a-user', password: 'a-password' }, { store: { type: 'memory' }, baseUrl })
console.log(Date.now())
