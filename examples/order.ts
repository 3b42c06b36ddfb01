// An order that is placed once, whatever happens to the call: the error's outcome says whether it may be placed again, and one of
// which nobody knows is looked for by its clOrdId. The sandbox then loses answers, refuses an order, and takes a host away.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PlaceOrder, Session, type TokenSource, TradovateError } from 'tradovate-session'
import { startSandbox } from 'tradovate-session/sandbox'

const MOST_TRIES = 3
const PAUSE_MS = 500

/** Places an order once, and says what became of it. */
async function place(source: TokenSource, order: PlaceOrder): Promise<string> {
  const clOrdId = randomUUID()
  const body = { ...order, clOrdId, isAutomated: true }
  for (let tries = 1; ; tries += 1) {
    try {
      const { orderId } = await source.request('POST', 'order/placeorder', { body })
      return `placed as ${orderId} at try ${tries}`
    } catch (error) {
      if (!(error instanceof TradovateError)) throw error
      if (error.outcome === 'answered') return `refused: ${error.code} ${error.message}`
      if (error.outcome === 'unknown') return lookFor(source, clOrdId)
      if (error.outcome !== 'not-sent' || error.needsPerson || tries === MOST_TRIES) throw error
      await sleep(PAUSE_MS)
    }
  }
}

/** An order that is not seen may still come: it is not placed again, and a person decides. */
async function lookFor(source: TokenSource, clOrdId: string): Promise<string> {
  for (let looks = 0; looks < MOST_TRIES; looks += 1) {
    const commands = await source.request('GET', 'command/list')
    const command = commands.find(each => each.clOrdId === clOrdId)
    if (command) return `the answer was lost; it is there as ${command.orderId}`
    await sleep(PAUSE_MS)
  }
  return 'the answer was lost, and no such order is seen: look before it is placed again'
}

async function main(): Promise<void> {
  const sandbox = await startSandbox()
  sandbox.moveHosts()
  const session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } })
  try {
    const [account] = await session.getAccounts()
    if (!account) throw new Error('there is no account')
    const order: PlaceOrder = {
      accountId: account.id,
      action: 'Buy',
      symbol: 'MESZ6',
      orderQty: 1,
      orderType: 'Market',
    }
    const say = async (what: string, wanted: PlaceOrder) => console.log(`${what}: ${await place(session, wanted)}`)

    await say('all is well', order)
    await say('a quantity of 0', { ...order, orderQty: 0 })
    sandbox.inject({ endpoint: 'order/placeorder', fault: 'truncate' })
    await say('the answer is cut off', order)
    sandbox.inject({ endpoint: 'order/placeorder', fault: 'reset' })
    await say('the connection is reset', order)
    sandbox.retireHost({ fault: 'refuse' })
    await say('the host is gone', order)

    const orders = await session.request('GET', 'order/list')
    console.log(`${orders.length} orders at Tradovate`)
  } finally {
    await session.close()
    await sandbox.close()
  }
}

main().catch((error: unknown) => {
  console.error(String(error))
  process.exitCode = 1
})
