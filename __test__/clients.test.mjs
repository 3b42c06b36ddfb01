// Clients that are made of an OpenAPI document, or of nothing, work over session.fetch as it is: openapi-fetch, ky, and what
// @hey-api/openapi-ts generates.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import ky from 'ky'
import createOpenApiClient from 'openapi-fetch'
import tradovate from '../index.js'
import { startSandbox } from '../sandbox/index.js'
import './own-state.mjs'

const { Session, TradovateError } = tradovate
const ORDER = { accountId: 500_001, action: 'Buy', symbol: 'ESZ6', orderQty: 1, orderType: 'Market' }
const REFUSED = { ...ORDER, symbol: 'NOPE' }
const folder = mkdtempSync(join(tmpdir(), 'generated-client-'))
after(() => rmSync(folder, { recursive: true }))

/** What the generator makes of the document, in one file that Node can load. */
async function generatedClient() {
  const inClients = name => fileURLToPath(new URL(`clients/${name}`, import.meta.url))
  execFileSync(process.execPath, [
    inClients('generator/generate.mjs'),
    inClients('tradovate.json'),
    join(folder, 'made'),
  ])
  const contents = "export * from './made/sdk.gen.ts'; export { createClient } from './made/client/index.ts'"
  const outfile = join(folder, 'client.mjs')
  const stdin = { contents, resolveDir: folder, loader: 'ts' }
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'silent' })
  return import(pathToFileURL(outfile).href)
}

/**
 * Each client as the same four calls. They give the answer's data and status, or the thrown error, as the client tells them.
 */
const clients = {
  'openapi-fetch'({ fetch }, baseUrl) {
    const client = createOpenApiClient({ baseUrl, fetch })
    const told = ({ data, error, response }) => ({ data, error, status: response.status })
    return {
      accounts: async () => told(await client.GET('/account/list')),
      contract: async name => told(await client.GET('/contract/find', { params: { query: { name } } })),
      order: async body => told(await client.POST('/order/placeorder', { body })),
      aborted: signal => client.GET('/account/list', { signal }),
    }
  },

  ky({ fetch }, baseUrl) {
    const client = ky.create({ prefixUrl: baseUrl, fetch, retry: 0, throwHttpErrors: false })
    const told = async response => ({ data: await response.json().catch(() => undefined), status: response.status })
    return {
      accounts: async () => told(await client.get('account/list')),
      contract: async name => told(await client.get('contract/find', { searchParams: { name } })),
      order: async json => told(await client.post('order/placeorder', { json })),
      aborted: signal => client.get('account/list', { signal }),
    }
  },

  async '@hey-api/openapi-ts'({ fetch }, baseUrl) {
    const { createClient, accountList, contractFind, placeOrder } = await generated
    const client = createClient({ baseUrl, fetch })
    const told = ({ data, error, response }) => {
      // It catches what fetch rejects with.
      if (!response) throw error
      return { data, error, status: response.status }
    }
    return {
      accounts: async () => told(await accountList({ client })),
      contract: async name => told(await contractFind({ client, query: { name } })),
      order: async body => told(await placeOrder({ client, body })),
      aborted: async signal => told(await accountList({ client, signal })),
    }
  },
}

let generated
before(() => {
  generated = generatedClient()
  return generated
})

for (const [name, make] of Object.entries(clients)) {
  describe(name, () => {
    let sandbox
    let session
    let client
    before(async () => {
      sandbox = await startSandbox()
      const { baseUrl, credentials } = sandbox
      session = await Session.open(credentials, { baseUrl, environment: 'demo', store: { type: 'memory' } })
      client = await make(session, baseUrl)
    })
    after(async () => {
      await session.close()
      await sandbox.close()
    })
    const seen = endpoint => sandbox.log.filter(call => call.endpoint === endpoint)

    it('gets lists and entities, its parameters encoded', async () => {
      const accounts = await client.accounts()
      assert.deepEqual([accounts.status, accounts.data.length, accounts.data[0].id], [200, 2, 500_001])
      assert.equal((await client.contract('ESZ6')).data.name, 'ESZ6')
      assert.equal((await client.contract('no such & thing')).status, 404)
    })

    it('goes on after an eviction', async () => {
      sandbox.evict()
      assert.equal((await client.accounts()).data.length, 2)
      assert.equal(sandbox.counts.logins, 2)
    })

    it('places an order, and sees the words of one that is refused', async () => {
      const { data } = await client.order(ORDER)
      assert.ok(data.orderId > 0)
      const refused = await client.order(REFUSED)
      assert.deepEqual([refused.status, refused.data.failureReason], [200, 'InvalidContract'])
      assert.equal(seen('order/placeorder').length, 2)
    })

    it('sees a 5xx of an order, which was sent once', async () => {
      sandbox.inject({ endpoint: 'order/placeorder', status: 503, body: '{"message":"busy"}' })
      assert.equal((await client.order(ORDER)).status, 503)
      assert.equal(seen('order/placeorder').length, 3)
    })

    it('sees a 401 for want of a permission', async () => {
      sandbox.deny('order/*')
      assert.equal((await client.order(ORDER)).status, 401)
    })

    it("gets the package's own error where nothing was answered, and an abort's reason", async () => {
      const reason = new Error('mine')
      await assert.rejects(client.aborted(AbortSignal.abort(reason)), error => error === reason)
      await session.close()
      await assert.rejects(client.accounts(), error => {
        assert.ok(error instanceof TradovateError)
        assert.deepEqual([error.code, error.outcome], ['ERR_TRADOVATE_CLOSED', 'not-sent'])
        return true
      })
    })
  })
}
