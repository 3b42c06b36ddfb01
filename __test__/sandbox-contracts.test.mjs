// The contracts and products of the sandbox, and how they are found.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loggedIn, MONDAY, start, statusAndText, trader } from './sandbox/client.mjs'

const namesOf = entities => entities.map(({ name }) => name)

describe('the products', () => {
  it('are a dozen futures and more', async t => {
    const { get } = await trader(t)
    const products = await get('product/list')
    assert.ok(products.length >= 12)
    for (const { name, valuePerPoint, tickSize } of products) assert.ok(valuePerPoint > 0 && tickSize > 0, name)
  })

  it('are found by name, by id and by a part of their name', async t => {
    const { get, call } = await trader(t)
    const es = await get('product/find?name=ES')
    assert.deepEqual([es.valuePerPoint, es.tickSize, es.description], [50, 0.25, 'E-Mini S&P 500'])
    assert.deepEqual(await get(`product/item?id=${es.id}`), es)
    assert.deepEqual(namesOf(await get('product/suggest?t=es&l=5')), ['ES', 'MES'])
    assert.deepEqual(namesOf(await get('product/suggest?t=es&l=1')), ['ES'])
    assert.deepEqual(await statusAndText(await call('product/find?name=XY')), [404, ''])
    assert.deepEqual(await statusAndText(await call('product/find')), [400, 'Missing or malformed parameter: name'])
  })

  it('name exchanges, groups and a currency that are there', async t => {
    const { get } = await trader(t)
    for (const product of await get('product/list')) {
      assert.ok((await get(`exchange/item?id=${product.exchangeId}`)).name)
      assert.ok((await get(`contractGroup/item?id=${product.contractGroupId}`)).name)
    }
    assert.equal((await get('currency/find?name=USD')).symbol, '$')
  })
})

describe('the contracts', () => {
  it('lead to their product by their maturity', async t => {
    const { get } = await trader(t)
    const { name, contractMaturityId } = await get('contract/find?name=MESZ6')
    const maturity = await get(`contractMaturity/item?id=${contractMaturityId}`)
    assert.deepEqual(
      [name, maturity.expirationMonth, maturity.expirationDate],
      ['MESZ6', 2612, '2026-12-18T14:00:00.000Z'],
    )
    const product = await get(`product/item?id=${maturity.productId}`)
    assert.equal(product.name, 'MES')
    const maturities = await get(`contractMaturity/deps?masterid=${product.id}`)
    assert.deepEqual(
      maturities.map(({ expirationMonth, isFront }) => [expirationMonth, isFront]),
      [
        [2612, true],
        [2703, false],
        [2706, false],
      ],
    )
    const contracts = await get(`contract/ldeps?masterids=${maturities.map(({ id }) => id)}`)
    assert.deepEqual(namesOf(contracts), ['MESZ6', 'MESH7', 'MESM7'])
  })

  it('are those of the next months, whatever the date', async t => {
    const sandbox = await start(t, { now: () => Date.parse('2027-03-20T12:00:00Z') })
    const { get } = await loggedIn(sandbox)
    assert.deepEqual(namesOf(await get('contract/suggest?t=ES&l=3')), ['ESM7', 'ESU7', 'ESZ7'])
    assert.deepEqual(namesOf(await get('contract/suggest?t=CL&l=3')), ['CLJ7', 'CLK7', 'CLM7'])
  })

  it('are there for any month of a product once they are named, and never in the past', async t => {
    const { get, call } = await trader(t)
    const far = await get('contract/find?name=ESU9')
    assert.deepEqual(await get('contract/find?name=ESU9'), far)
    assert.deepEqual(await get(`contract/item?id=${far.id}`), far)
    const passed = await get('contract/find?name=ESH6')
    const { expirationMonth, expirationDate } = await get(`contractMaturity/item?id=${passed.contractMaturityId}`)
    assert.equal(expirationMonth, 3603)
    assert.ok(Date.parse(expirationDate) > MONDAY)
    for (const name of ['ESF7', 'ESZ', 'ESZZ', 'ESZ26', 'XYZ6', '__proto__', 'es']) {
      assert.deepEqual(await statusAndText(await call(`contract/find?name=${name}`)), [404, ''], name)
    }
    assert.deepEqual(await statusAndText(await call('contract/find')), [400, 'Missing or malformed parameter: name'])
  })

  it('have no list, as at Tradovate', async t => {
    const { call } = await trader(t)
    assert.equal((await call('contract/list')).status, 404)
  })
})
