'use strict'
// The file that --credentials names: read only if nobody else can have read or written it.

const { closeSync, constants, fstatSync, openSync, readFileSync } = require('node:fs')
const { dirname, resolve } = require('node:path')

const { checkCredentials } = require('../lib/credentials.js')
const { ConfigError } = require('../lib/errors.js')

const MOST_BYTES = 64 * 1024
const OTHERS = 0o077
const OTHERS_BUT_GROUP_READING = 0o337
const OPENING = {
  ENOENT: 'is not there',
  EACCES: 'cannot be read by this user',
  ELOOP: 'is a symbolic link; name the file itself',
}

/**
 * Reads and checks the credentials in a file: JSON with the fields of `Credentials`.
 *
 * The file must be this user's and closed to everybody else. In the folder that systemd names in CREDENTIALS_DIRECTORY it may
 * be root's, which hands it out read-only to the service's user and shows that as a right of the group.
 */
function readCredentialsFile(path, env = process.env) {
  const text = readPrivately(path, isHandedOutBySystemd(path, env))
  let value
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own error quotes the text.
    refuse('is not JSON')
  }
  return checkCredentials(value, 'an object in the credentials file')
}

function readPrivately(path, fromSystemd) {
  const file = open(path)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) refuse('is not a regular file')
    if (stat.size > MOST_BYTES) refuse('has more than 64 KiB')
    if (process.geteuid) checkOwner(stat, fromSystemd)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function open(path) {
  // Not blocking: a pipe must not hold the command up before it is refused.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  try {
    return openSync(path, flags)
  } catch (error) {
    return refuse(OPENING[error.code] ?? `cannot be opened (${error.code})`)
  }
}

function checkOwner({ uid, mode }, fromSystemd) {
  if (fromSystemd && uid === 0) {
    if (mode & OTHERS_BUT_GROUP_READING) refuse('may be written, or be read by everybody')
    return
  }
  if (uid !== process.geteuid()) refuse('belongs to another user')
  if (mode & OTHERS) refuse('is open to others: chmod 600 closes it')
}

function isHandedOutBySystemd(path, env) {
  return Boolean(env.CREDENTIALS_DIRECTORY) && dirname(resolve(path)) === resolve(env.CREDENTIALS_DIRECTORY)
}

function refuse(why) {
  throw new ConfigError(`The file of --credentials ${why}`)
}

module.exports = { readCredentialsFile }
