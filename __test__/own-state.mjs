// A state folder of this test's own: what its sessions keep, and those of its children, is nobody else's and goes with it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder that stands for the user's state folder. */
export const stateHome = mkdtempSync(join(tmpdir(), 'tradovate-session-state-'))

process.env.XDG_STATE_HOME = stateHome
process.env.LOCALAPPDATA = stateHome
process.on('exit', () => rmSync(stateHome, { recursive: true, force: true }))
