// Compiled, not run: endpoints and fields that a user declares himself. They count in all files of this folder.

import type { ClearingHouse, EndpointPath, Endpoints, ModifyOrder, OrderStrategyType, Session } from 'tradovate-session'

declare module 'tradovate-session' {
  interface Endpoints {
    'GET margin/preview': { query: { contractId: number; qty?: number }; answer: { initialMargin: number } }
    'GET margin/modes': { query?: { active?: boolean }; answer: string[] }
    'POST margin/reset': { body: { accountId: number } }
    // More than the documented one has fits, and counts.
    'GET clearingHouse/item': { query: { id: number; full?: boolean }; answer: ClearingHouse & { city: string } }
  }
  interface EndpointCorrections {
    'GET entitlement/list': { answer: Record<string, { price: string }> }
    'POST alert/dismissalert': { body: { alertIds: number[] }; answer: null }
  }
  interface ModifyOrder {
    trailBy?: number
  }
  interface OrderStrategyType {
    version?: string
  }
}

export async function added(session: Session): Promise<unknown[]> {
  const { initialMargin } = await session.request('GET', 'margin/preview', { query: { contractId: 1, qty: 2 } })
  const margin: number = initialMargin
  const modes: string[] = await session.request('GET', 'margin/modes')
  await session.request('GET', 'margin/modes', { query: { active: true } })
  const reset = await session.request('POST', 'margin/reset', { body: { accountId: 1 } })
  // @ts-expect-error: nobody said what it answers
  const done: number = reset.done
  // @ts-expect-error: the query is required
  await session.request('GET', 'margin/preview')
  // @ts-expect-error: qty
  await session.request('GET', 'margin/preview', { query: { contractId: 1, quantity: 2 } })
  // @ts-expect-error: the body is required
  await session.request('POST', 'margin/reset', {})
  const paths: EndpointPath<'GET'>[] = ['margin/preview', 'position/list']
  // @ts-expect-error: it is a POST
  const path: EndpointPath<'GET'> = 'margin/reset'
  return [margin, modes, done, paths, path]
}

export async function corrected(session: Session): Promise<unknown[]> {
  const house = await session.request('GET', 'clearingHouse/item', { query: { id: 1, full: true } })
  const city: string = house.city
  const name: string = house.name
  const entitlements = await session.request('GET', 'entitlement/list')
  const price: string | undefined = entitlements.a?.price
  const none: null = await session.request('POST', 'alert/dismissalert', { body: { alertIds: [1] } })
  // @ts-expect-error: the documented one counts no more
  await session.request('POST', 'alert/dismissalert', { body: { alertId: 1 } })
  const same: Endpoints['POST alert/dismissalert']['answer'] = none
  return [city, name, price, same]
}

export async function withFields(session: Session): Promise<unknown[]> {
  const body: ModifyOrder = { orderId: 1, orderQty: 1, orderType: 'TrailingStop', trailBy: 2 }
  await session.request('POST', 'order/modifyorder', { body })
  // @ts-expect-error: a number
  await session.request('POST', 'order/modifyorder', { body: { ...body, trailBy: '2' } })
  const types: OrderStrategyType[] = await session.request('GET', 'orderStrategyType/list')
  return types.map(({ name, version }) => `${name} ${version?.toUpperCase()}`)
}
