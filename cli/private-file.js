'use strict'
// Reads a file that holds a secret, if nobody else can have read or written it.

const { closeSync, constants, fstatSync, openSync, readFileSync } = require('node:fs')
const { dirname, resolve } = require('node:path')

const { ConfigError } = require('../tradovate-session.js')

const MOST_BYTES = 64 * 1024
const OTHERS = 0o077
const OTHERS_BUT_GROUP_READING = 0o337
const OPENING = {
  ENOENT: 'is not there',
  EACCES: 'cannot be read by this user',
  ELOOP: 'is a symbolic link; name the file itself',
}

function refuseFile(option, why) {
  throw new ConfigError(`The file of ${option} ${why}`)
}

/**
 * Gives the bytes of the file that `option` names.
 *
 * The file must be this user's and closed to everybody else. In the folder that systemd names in CREDENTIALS_DIRECTORY it may
 * be root's, which hands it out read-only to the service's user and shows that as a right of the group.
 */
function readPrivateFile(path, option, env = process.env) {
  const file = open(path, option)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) refuseFile(option, 'is not a regular file')
    if (stat.size > MOST_BYTES) refuseFile(option, 'has more than 64 KiB')
    if (process.geteuid) checkOwner(stat, option, isHandedOutBySystemd(path, env))
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

function open(path, option) {
  // Opening a pipe would block until somebody writes to it, and a pipe is refused.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  try {
    return openSync(path, flags)
  } catch (error) {
    return refuseFile(option, OPENING[error.code] ?? `cannot be opened (${error.code})`)
  }
}

function checkOwner({ uid, mode }, option, fromSystemd) {
  if (fromSystemd && uid === 0) {
    if (mode & OTHERS_BUT_GROUP_READING) refuseFile(option, 'may be written, or be read by everybody')
    return
  }
  if (uid !== process.geteuid()) refuseFile(option, 'belongs to another user')
  if (mode & OTHERS) refuseFile(option, 'is open to others: chmod 600 closes it')
}

function isHandedOutBySystemd(path, env) {
  return Boolean(env.CREDENTIALS_DIRECTORY) && dirname(resolve(path)) === resolve(env.CREDENTIALS_DIRECTORY)
}

module.exports = { readPrivateFile, refuseFile }
