'use strict'
// Hands the page's link to the person who may use it.

const { chmodSync, closeSync, openSync, renameSync, rmSync, writeSync } = require('node:fs')

const ONLY_OURS = 0o600

/** Prints each link as it comes. */
function linkPrinter(terminal) {
  let isFirst = true
  return {
    tell(link) {
      terminal.line(`${isFirst ? 'The page, for one browser' : 'The link was used. For another browser'}: ${link}`)
      isFirst = false
    },
    end() {},
  }
}

/** Keeps the link that works in a file that only this user can read. */
function linkFile(path) {
  return {
    tell(link) {
      const temporary = `${path}.${process.pid}`
      // An earlier process with this number may have left one.
      rmSync(temporary, { force: true })
      const file = openSync(temporary, 'wx', ONLY_OURS)
      try {
        writeSync(file, `${link}\n`)
      } finally {
        closeSync(file)
      }
      chmodSync(temporary, ONLY_OURS)
      renameSync(temporary, path)
    },
    end() {
      rmSync(path, { force: true })
    },
  }
}

module.exports = { linkFile, linkPrinter }
