// npm start: from a fresh clone to a session at work, in one command.

import { createTerminal } from '../cli/terminal.js'
import { SetupError, setUp } from './setup.mjs'

const terminal = createTerminal()
try {
  await setUp(terminal)
  const { show } = await import('./show.mjs')
  process.exitCode = await show(terminal)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
