'use strict'
// tradovate-session completion: prints the script that makes a shell complete the command.

const { completionOf } = require('../completion.js')
const { createProgram } = require('../program.js')

function completion({ shell }, { terminal }) {
  terminal.line(
    completionOf(
      shell,
      createProgram(() => {}),
    ).trimEnd(),
  )
}

module.exports = { completion }
