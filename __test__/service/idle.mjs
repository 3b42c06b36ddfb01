// Connects and leaves it at that: nothing is left to do, so the process ends by itself.

import tradovate from '../../index.js'

const client = await tradovate.connect(JSON.parse(process.argv[2]))
console.log((await client.getAccounts()).length)
console.log(Date.now())
