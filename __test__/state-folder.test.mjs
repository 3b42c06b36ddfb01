// Where the default store keeps its records.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import stateFolders from '../lib/options.js'

const { stateFolder } = stateFolders
const home = path => () => path
const nobody = () => {
  throw new Error('no such user')
}

for (const [platform, variables, homeOf, folder] of [
  ['linux', {}, home('/home/me'), '/home/me/.local/state/tradovate-session'],
  ['freebsd', {}, home('/home/me'), '/home/me/.local/state/tradovate-session'],
  ['linux', { XDG_STATE_HOME: '/state' }, nobody, '/state/tradovate-session'],
  ['linux', { XDG_STATE_HOME: '' }, home('/home/me'), '/home/me/.local/state/tradovate-session'],
  ['linux', { XDG_STATE_HOME: 'relative' }, home('/home/me'), '/home/me/.local/state/tradovate-session'],
  ['linux', { LOCALAPPDATA: '/elsewhere' }, home('/home/me'), '/home/me/.local/state/tradovate-session'],
  ['darwin', {}, home('/Users/me'), '/Users/me/Library/Application Support/tradovate-session'],
  ['darwin', { XDG_STATE_HOME: '/state' }, home('/Users/me'), '/state/tradovate-session'],
  ['win32', { LOCALAPPDATA: 'D:\\Local' }, nobody, 'D:\\Local\\tradovate-session'],
  ['win32', { XDG_STATE_HOME: 'D:\\x' }, home('C:\\Users\\me'), 'C:\\Users\\me\\AppData\\Local\\tradovate-session'],
  ['linux', {}, home(''), undefined],
  ['linux', {}, home('relative'), undefined],
  ['linux', {}, nobody, undefined],
  ['linux', { HOME: '/home/me' }, nobody, '/home/me/.local/state/tradovate-session'],
  ['linux', { HOME: '/elsewhere' }, home('/home/me'), '/home/me/.local/state/tradovate-session'],
  ['win32', { USERPROFILE: 'C:\\Users\\me' }, nobody, 'C:\\Users\\me\\AppData\\Local\\tradovate-session'],
  ['win32', {}, nobody, undefined],
]) {
  test(`${platform} with ${JSON.stringify(variables)}: ${folder}`, () => {
    assert.equal(stateFolder(platform, variables, homeOf), folder)
  })
}
