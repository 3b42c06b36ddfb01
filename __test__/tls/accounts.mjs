// Lists the accounts of a base URL, or says why it cannot.

import { getAccounts } from '../../index.js'

const [baseUrl] = process.argv.slice(2)
try {
  console.log(`${(await getAccounts('a-token', { baseUrl })).length} accounts`)
} catch (error) {
  console.log(error.code, error.message)
}
