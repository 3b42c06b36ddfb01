// What this process holds, as far as the system tells.

import { readFileSync } from 'node:fs'

/**
 * Of its own: not the pages of Node's program, which come in one after another whatever is done, and are shared. On Linux;
 * elsewhere nobody tells them apart.
 */
export function memoryMb() {
  // Two rounds: what the first one frees may hold what the second one can.
  globalThis.gc()
  globalThis.gc()
  if (process.platform !== 'linux') return null
  return (Number(readFileSync('/proc/self/status', 'utf8').match(/^RssAnon:\s+(\d+) kB$/m)[1]) * 1024) / 1e6
}

/** On Linux; elsewhere nobody counts them for a process itself. */
export function threads() {
  if (process.platform !== 'linux') return null
  return Number(readFileSync('/proc/self/status', 'utf8').match(/^Threads:\s+(\d+)$/m)[1])
}

export function timers() {
  return process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
}
