// What the main thread has cost so far, in microseconds: its own time on a processor where the system tells it, else the
// time in which its event loop was not idle.

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

const schedule = `/proc/self/task/${process.pid}/schedstat`

export function mainThreadUs() {
  if (process.platform === 'linux') return Number(readFileSync(schedule, 'utf8').split(' ')[0]) / 1e3
  return performance.eventLoopUtilization().active * 1e3
}
