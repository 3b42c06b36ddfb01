'use strict'
// The file that --credentials names. It holds the credentials, and may name the place where the token is kept.

const { object, text } = require('../input/checks.js')
const { checkCredentials, FIELDS } = require('../input/credentials.js')
const { readPrivateFile, refuseFile } = require('./private-file.js')

const WANTED = 'an object in the credentials file'
const LONGEST_STORE = 4096

/** Reads the file, JSON with the fields of `Credentials` and `store`, and checks it. Gives `{ credentials, store }`. */
function readCredentialsFile(path, env) {
  const { store, ...credentials } = object(parsed(path, env), 'credentials', [...FIELDS, 'store'], WANTED)
  return {
    credentials: checkCredentials(credentials, WANTED),
    store: store === undefined ? undefined : text(store, 'credentials.store', { least: 1, most: LONGEST_STORE }),
  }
}

function parsed(path, env) {
  // Some editors begin a file with a byte order mark.
  const json = readPrivateFile(path, '--credentials', env)
    .toString()
    .replace(/^\uFEFF/, '')
  try {
    return JSON.parse(json)
  } catch {
    // The parser's own error quotes the text.
    return refuseFile('--credentials', 'is not JSON')
  }
}

module.exports = { readCredentialsFile }
