// node generate.mjs DOCUMENT FOLDER: a client of @hey-api/openapi-ts for an OpenAPI document, in a folder.
//
// Later versions want Node 22, or the very commander that the command has, which npm then leaves out of the bill of materials.

import { register } from 'node:module'

register('./typescript.mjs', import.meta.url)
const { createClient } = await import('@hey-api/openapi-ts')
const [, , input, output] = process.argv
await createClient({ input, output, plugins: ['@hey-api/client-fetch'], logs: { level: 'silent', file: false } })
