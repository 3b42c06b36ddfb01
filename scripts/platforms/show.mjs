// The show of npm start, of a checkout whose addon is there; with "--many" the one of many processes.

import { createTerminal } from '../../cli/terminal.js'
import { show } from '../show.mjs'
import { showMany } from '../show-many.mjs'

const isMany = process.argv[2] === '--many'
process.exitCode = await (isMany ? showMany : show)(createTerminal())
