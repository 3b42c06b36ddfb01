'use strict'
// Hands the page's link to the person who may use it.

const { chmodSync, closeSync, lstatSync, openSync, readFileSync, renameSync, rmSync, writeSync } = require('node:fs')

const { ConfigError } = require('../tradovate-session.js')

const ONLY_OURS = 0o600
const LINK = /^http:\/\/127\.0\.0\.1:\d{1,5}\/open\/[\w-]{43}\n$/
const LONGEST_LINK = 128

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

/**
 * Keeps the link that works in a file that only this user can read. It takes the place of nothing but an empty file of this user,
 * or the link that a killed process has left; any other file may be the only copy of something.
 */
function linkFile(path) {
  // An earlier process with this number may have left one.
  const temporary = `${path}.${process.pid}`
  for (const file of [path, temporary]) refuseOthersFile(file)
  let told
  return {
    tell(link) {
      rmSync(temporary, { force: true })
      const file = openSync(temporary, 'wx', ONLY_OURS)
      try {
        writeSync(file, `${link}\n`)
      } finally {
        closeSync(file)
      }
      chmodSync(temporary, ONLY_OURS)
      renameSync(temporary, path)
      told = `${link}\n`
    },
    end() {
      // Another process may keep its link there by now.
      if (told !== undefined && textOf(path) === told) rmSync(path, { force: true })
    },
  }
}

function refuseOthersFile(path) {
  const text = textOf(path)
  if (text === undefined || text === '' || LINK.test(text)) return
  throw new ConfigError(
    `--page-link-file: ${path} is not a link of your own to the page, and is left as it is; name another file, or remove this one`,
  )
}

/** Gives the text of a short file of this user, undefined where there is none, and null for anything else. */
function textOf(path) {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return undefined
  const isOwn = !process.geteuid || stat.uid === process.geteuid()
  return stat.isFile() && isOwn && stat.size <= LONGEST_LINK ? readFileSync(path, 'latin1') : null
}

module.exports = { linkFile, linkPrinter }
