// Where the benchmark's parts are.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

export const root = dirname(here)
export const benchFolder = here
export const buildFolder = join(here, 'build')
/** The package as it is installed, with the release addon. */
export const packageFolder = join(buildFolder, 'tradovate-session')
/** The entry of a fresh process that measures. */
export const subjectFile = join(here, 'subject.mjs')
export const proxyFile = join(here, 'proxy.mjs')
export const serverFolder = join(here, 'server')
const program = name => join(serverFolder, 'target', 'release', process.platform === 'win32' ? `${name}.exe` : name)
export const serverProgram = program('bench-server')
export const floorProgram = program('floor')
