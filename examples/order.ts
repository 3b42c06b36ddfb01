// An order that is placed once, whatever happens to the call: the error's outcome says whether it may be placed again, and one of
// which nobody knows is looked for by its clOrdId first. The sandbox cuts the connection after it has taken an order, and before; it
// refuses an order, and takes a host away.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PlaceOrder, Session, type TokenSource, TradovateError } from 'tradovate-session'
import { startSandbox } from 'tradovate-session/sandbox'

const MOST_TRIES = 3
const PAUSE_MS = 500
// An order can arrive after its call was given up: at Tradovate look for longer than your calls may take.
const LOOKS = 3

/** Places an order once, and says what became of it. */
async function place(source: TokenSource, order: PlaceOrder): Promise<string> {
  // The same for each try, so that a look finds whichever of them has arrived.
  const clOrdId = randomUUID()
  const body = { ...order, clOrdId, isAutomated: true }
  for (let tries = 1; ; tries += 1) {
    try {
      const { orderId } = await source.request('POST', 'order/placeorder', { body })
      return `placed as ${orderId} at try ${tries}`
    } catch (error) {
      if (!(error instanceof TradovateError)) throw error
      if (error.outcome === 'answered') return `refused: ${error.code} ${error.message}`
      const found = error.outcome === 'unknown' ? await lookFor(source, clOrdId) : undefined
      if (found !== undefined) return `the answer was lost; it is there as ${found}`
      if (error.outcome === undefined || error.needsPerson || tries === MOST_TRIES) throw error
      await sleep(PAUSE_MS)
    }
  }
}

/** The id of the order of that name, or undefined if it is not there. If this fails nobody knows, so its error ends the tries. */
async function lookFor(source: TokenSource, clOrdId: string): Promise<number | undefined> {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const commands = await source.request('GET', 'command/list')
    const command = commands.find(each => each.clOrdId === clOrdId)
    if (command) return command.orderId
    await sleep(PAUSE_MS)
  }
  return undefined
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
    sandbox.inject({ endpoint: 'order/placeorder', fault: 'cut' })
    await say('cut after the order was taken', order)
    sandbox.inject({ endpoint: 'order/placeorder', fault: 'reset' })
    await say('cut before the order was taken', order)
    sandbox.retireHost({ fault: 'refuse' })
    await say('the host is gone', order)

    const orders = await session.request('GET', 'order/list')
    const positions = await session.request('GET', 'position/list')
    console.log(`${orders.length} orders at Tradovate, and ${positions[0]?.netPos} contracts`)
  } finally {
    await session.close()
    await sandbox.close()
  }
}

main().catch((error: unknown) => {
  console.error(String(error))
  process.exitCode = 1
})
