// npm run release:check -- v0.2.0: refuses a release that is not whole: versions and changelog that disagree with the tag or with each
// other, addresses that nobody has filled in. Without a tag, all but the tag is checked. "--in FOLDER" checks another checkout.

import { parseArgs } from 'node:util'
import { root } from '../addon.mjs'
import { obstacles } from './checks.mjs'

const { GITHUB_REPOSITORY, GITHUB_SERVER_URL } = process.env
const builtIn = GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`
const options = { in: { type: 'string', default: root } }
const { positionals, values } = parseArgs({ allowPositionals: true, options })
if (positionals.length > 1) throw new Error('Usage: npm run release:check -- TAG')

const found = obstacles(values.in, { tag: positionals[0], builtIn })
for (const sentence of found) console.error(sentence)
if (found.length > 0) process.exitCode = 1
else console.log('Nothing speaks against the release.')
