// The first example of a session in the README, with the sandbox's credentials and address in place of its own.

import { readFileSync, writeFileSync } from 'node:fs'
import { startSandbox } from 'tradovate-session/sandbox'

const [example] = readFileSync(process.argv[2], 'utf8').match(/(?<=```ts\n)import \{ Session \}.*?(?=```)/s)
const sandbox = await startSandbox()
const { baseUrl, credentials } = sandbox
const adapted = example.replace(
  /(?<=Session\.open\(\n).*(?=\n\))/s,
  `${JSON.stringify(credentials)}, { baseUrl: ${JSON.stringify(baseUrl)} }`,
)
writeFileSync('example.mjs', adapted)
await import(new URL('example.mjs', import.meta.url))
if (sandbox.counts.logins !== 1) throw new Error('the example did not log in at the sandbox')
await sandbox.close()
