// A bot that makes a call now and then, and later none. Tells a line when its session is open, one after each stretch, and an end.

import { readdirSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { clients } from '../clients.mjs'
import { OURS } from '../statistics.mjs'
import { isLoss } from './idle.mjs'
import { idOf } from './received.mjs'
import { memoryMb } from './resident.mjs'

const tell = told => console.log(JSON.stringify(told))

/** `points` stretches of `pointMs`; a call each `callEveryMs` in the first `callingPoints` of them, a GET and a POST in turn. */
export async function measure({ base, points, pointMs, callingPoints, callEveryMs }) {
  const client = await clients[OURS]({ base, atOnce: 1 })
  tell({})
  const began = performance.now()
  let number = 0
  let lastCall = began
  for (let point = 1; point <= points; point += 1) {
    const end = began + point * pointMs
    const ids = []
    let lost = 0
    while (point <= callingPoints && performance.now() + callEveryMs < end) {
      await sleep(callEveryMs)
      const id = idOf(number)
      ids.push(id)
      lost += (await isAnswered(number % 2 === 0 ? client.getOrder(id) : client.placeOrder(id))) ? 0 : 1
      number += 1
      lastCall = performance.now()
    }
    await sleep(Math.max(0, end - performance.now()))
    const quietMs = performance.now() - lastCall
    tell({ ids, calls: ids.length, lost, quietMs, descriptors: descriptors(), memoryMb: memoryMb() })
  }
  await client.close()
  return { isEnd: true }
}

async function isAnswered(call) {
  try {
    await call
    return true
  } catch (error) {
    if (isLoss(error)) return false
    throw error
  }
}

/** On Linux; elsewhere a process does not count them. The folder is one of them while it is read. */
function descriptors() {
  if (process.platform !== 'linux') return null
  return readdirSync('/proc/self/fd').length - 1
}
