'use strict'
// The folder in which records are kept unless another one is named: where the system has a place for a user's state.

const { posix, win32 } = require('node:path')

const NAME = 'tradovate-session'

// Undefined if there is none. `home` is asked only if it is needed, and may throw.
function stateFolder(platform, variables, home) {
  const { isAbsolute, join } = platform === 'win32' ? win32 : posix
  const named = platform === 'win32' ? variables.LOCALAPPDATA : variables.XDG_STATE_HOME
  if (named && isAbsolute(named)) return join(named, NAME)
  const folder = homeFolder(home)
  if (!folder || !isAbsolute(folder)) return undefined
  if (platform === 'win32') return join(folder, 'AppData', 'Local', NAME)
  if (platform === 'darwin') return join(folder, 'Library', 'Application Support', NAME)
  return join(folder, '.local', 'state', NAME)
}

function homeFolder(home) {
  try {
    return home()
  } catch {
    return undefined
  }
}

module.exports = { stateFolder }
