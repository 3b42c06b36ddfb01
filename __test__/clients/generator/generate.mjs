// node generate.mjs DOCUMENT FOLDER: a client of @hey-api/openapi-ts for an OpenAPI document, in a folder.

import { register } from 'node:module'

register('./typescript.mjs', import.meta.url)
const { createClient } = await import('@hey-api/openapi-ts')
const [, , input, output] = process.argv
await createClient({ input, output, plugins: ['@hey-api/client-fetch'], logs: { level: 'silent', file: false } })
