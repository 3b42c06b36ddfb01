// Every export of the package can be imported by name, and is the very object that require gives.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { Session } from 'tradovate-session'
import { startSandbox } from 'tradovate-session/sandbox'

const require = createRequire(import.meta.url)
const required = require('tradovate-session')

assert.equal(Session, required.Session)
assert.equal(startSandbox, require('tradovate-session/sandbox').startSandbox)
const imported = new Map(Object.entries(await import('tradovate-session')))
for (const name of Object.keys(required)) assert.equal(imported.get(name), required[name], name)
for (const name of Object.keys(required)) assert.equal(required[name].name, name)
assert.equal(new required.ConfigError('x').name, 'ConfigError')
console.log('the same objects as by require')
