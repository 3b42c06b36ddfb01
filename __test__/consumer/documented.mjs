// The first example of the README as it stands there, and that of the page for the start with the sandbox's credentials and address
// in place of its own.

import { readFileSync, writeFileSync } from 'node:fs'
import { startSandbox } from 'tradovate-session/sandbox'

const [readme, start] = process.argv.slice(2).map(file => {
  const [example] = readFileSync(file, 'utf8').match(/(?<=```ts\n)import \{ Session \}.*?(?=```)/s)
  return example
})

async function run(name, example) {
  writeFileSync(name, example)
  await import(new URL(name, import.meta.url))
}

await run('readme-example.mjs', readme)

const sandbox = await startSandbox()
const { baseUrl, credentials } = sandbox
const adapted = start.replace(
  /(?<=Session\.open\(\n).*(?=\n\))/s,
  `${JSON.stringify(credentials)}, { baseUrl: ${JSON.stringify(baseUrl)} }`,
)
await run('start-example.mjs', adapted)
if (sandbox.counts.logins !== 1) throw new Error('the example did not log in at the sandbox')
await sandbox.close()
