// npm start: from a fresh clone to a session at work, in one command; with "-- --many" to one login for many processes.

import { parseArgs } from 'node:util'
import { createTerminal } from '../cli/terminal.js'
import { SetupError, setUp } from './setup.mjs'

const terminal = createTerminal()

function wantsMany() {
  try {
    return parseArgs({ options: { many: { type: 'boolean' } } }).values.many === true
  } catch (error) {
    throw new SetupError(error.message)
  }
}

try {
  const isMany = wantsMany()
  await setUp(terminal)
  const show = isMany ? (await import('./show-many.mjs')).showMany : (await import('./show.mjs')).show
  process.exitCode = await show(terminal)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
