// What a bot has stored, changed behind its back.

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/** Writes a record as another version would have written it, for another login, or in another run of the machine. */
export function rewrite(record, change) {
  const bytes = readFileSync(record, 'utf8')
  const [line, text] = [bytes.slice(0, bytes.indexOf('\n')), bytes.slice(bytes.indexOf('\n') + 1)]
  const [, , , revision] = line.split(' ')
  const changed = JSON.stringify(change(JSON.parse(text)))
  const head = `plain ${revision}`
  const checksum = createHash('sha256').update(`${head}\n${changed}`).digest('hex').slice(0, 16)
  writeFileSync(record, `tradovate-session 1 ${head} ${checksum}\n${changed}`)
}
