// Opens a session and leaves it open: nothing is left to do, so the process ends by itself.

import tradovate from '../../index.js'

const [baseUrl, credentials] = process.argv.slice(2)
const session = await tradovate.Session.open(JSON.parse(credentials), { baseUrl })
console.log((await session.getAccounts()).length)
console.log(Date.now())
