// Many sessions in one process: what each takes of memory, and what all of them do while nothing is asked of them.

import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageFolder } from '../places.mjs'
import { memoryMb, threads, timers } from './resident.mjs'

const require = createRequire(import.meta.url)
const OPENED_AT_ONCE = 8

export async function measure({ base, count, idleMs }) {
  const { Session } = require(packageFolder)
  const open = number =>
    Session.open(
      { name: `bench-${number}`, password: 'bench', appId: 'bench', appVersion: '1' },
      { baseUrl: base, store: { type: 'memory' } },
    )
  // The first one brings the runtime and the client, which all share.
  const sessions = [await open(0)]
  const before = memoryMb()
  const rest = Array.from({ length: count - 1 }, (_, i) => i + 1)
  const lane = async () => {
    while (rest.length > 0) sessions.push(await open(rest.pop()))
  }
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, lane))
  const after = memoryMb()
  const { user, system } = process.cpuUsage()
  await sleep(idleMs)
  const idle = process.cpuUsage({ user, system })
  return {
    memoryMb: after,
    kbEach: after !== null && count > 1 ? ((after - before) * 1e3) / (count - 1) : null,
    threads: threads(),
    timers: timers(),
    idleCpuMs: ((idle.user + idle.system) / 1e3) * (60_000 / idleMs),
  }
}
