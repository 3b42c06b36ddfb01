// docs/orders.md: what became of an order is in the error's outcome, and the order is found again by its clOrdId.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const manual = readFileSync(new URL('../docs/orders.md', import.meta.url), 'utf8')
const TIMEOUT_MS = 400

/** The faults of the page's last table, by their cells. */
const FAULTS = {
  "`fault: 'cut'`": { fault: 'cut' },
  "`fault: 'truncate'`": { fault: 'truncate' },
  "`fault: 'reset'`": { fault: 'reset' },
  "`fault: 'hang'`": { fault: 'hang' },
  '`latencyMs`, more than `timeoutMs`': { latencyMs: 10 * TIMEOUT_MS },
  '`status: 503`': { status: 503 },
  "`status: 401, body: 'Access is denied'`": { status: 401, body: 'Access is denied' },
  '`status: 200, body: \'{"failureReason":"TradingLocked"}\'`': {
    status: 200,
    body: '{"failureReason":"TradingLocked"}',
  },
  '`status: 200, body: \'{"failureReason":"TradingLocked","orderId":7}\'`': {
    status: 200,
    body: '{"failureReason":"TradingLocked","orderId":7}',
  },
  "`status: 200, body: '{}'`": { status: 200, body: '{}' },
}

describe('an order', () => {
  let sandbox
  let session
  let order
  before(async () => {
    sandbox = await startSandbox({ market: { paceMs: Number.POSITIVE_INFINITY } })
    session = await tradovate.Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } })
    const [{ id: accountId }] = await session.getAccounts()
    order = { accountId, action: 'Buy', symbol: 'MESZ6', orderQty: 1, orderType: 'Market' }
  })
  after(async () => {
    await session?.close()
    await sandbox?.close()
  })

  const place = (fields, options) =>
    session.request('POST', 'order/placeorder', { body: { ...order, ...fields }, ...options })

  async function find(clOrdId) {
    const commands = await session.request('GET', 'command/list')
    return commands.filter(command => command.clOrdId === clOrdId)
  }

  for (const [cell, fault] of Object.entries(FAULTS)) {
    it(`with ${cell} is placed, and fails, as the page says`, async () => {
      sandbox.log.length = 0
      sandbox.inject({ endpoint: 'order/placeorder', ...fault })
      const clOrdId = cell.slice(0, 64)
      const error = await place({ clOrdId }, { timeoutMs: TIMEOUT_MS }).catch(reason => reason)
      const found = await find(clOrdId)
      const isPlaced = found.length === 1 ? 'yes' : 'no'
      const code = error.code.replace('ERR_TRADOVATE_', '')
      assert.ok(
        manual.includes(`\n| ${cell} | ${isPlaced} | \`${code}\`, \`${error.outcome}\` |\n`),
        `${isPlaced} ${code}`,
      )
      assert.equal(sandbox.log.filter(({ endpoint }) => endpoint === 'order/placeorder').length, 1)
    })
  }

  it('has no other fault on the page', () => {
    const [, table] = manual.split('## To test it')
    assert.equal(table.match(/^\| `/gm).length, Object.keys(FAULTS).length + 1)
  })

  it('is found by the clOrdId of its command, and by nothing else', async () => {
    const { orderId } = await place({ clOrdId: 'mine' })
    assert.deepEqual(
      (await find('mine')).map(command => command.orderId),
      [orderId],
    )
    for (const kind of ['order', 'orderVersion', 'commandReport', 'executionReport', 'fill']) {
      const entities = await session.request('GET', `${kind}/list`)
      assert.ok(entities.length > 0, kind)
      assert.ok(!JSON.stringify(entities).includes('mine'), kind)
    }
  })

  it('that is refused in a 200 is an error with its words', async () => {
    await assert.rejects(place({ symbol: 'XYZ6' }), {
      code: 'ERR_TRADOVATE_REJECTED',
      outcome: 'answered',
      message: /InvalidContract: Contract not found/,
    })
    await assert.rejects(
      session.request('POST', 'orderStrategy/startorderstrategy', {
        body: { ...order, orderStrategyTypeId: 2, params: '{}' },
      }),
      { code: 'ERR_TRADOVATE_REJECTED', outcome: 'answered', message: /Invalid params/ },
    )
  })

  it('that the exchange rejects was placed all the same, and its reports tell why', async () => {
    const { orderId } = await place({ orderType: 'Stop', stopPrice: 5000 })
    const { ordStatus } = await session.request('GET', 'order/item', { query: { id: orderId } })
    const [{ id }] = await session.request('GET', 'command/deps', { query: { masterid: orderId } })
    const query = { masterid: id }
    const reports = await Promise.all(
      ['commandReport/deps', 'executionReport/deps'].map(path => session.request('GET', path, { query })),
    )
    assert.equal(ordStatus, 'Rejected')
    assert.deepEqual(
      reports.map(([{ rejectReason }]) => rejectReason),
      ['InvalidPrice', 'InvalidPrice'],
    )
  })
})
