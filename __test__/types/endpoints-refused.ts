// Compiled, not run: what request() refuses of the operations that Tradovate documents.

import type { Order, PlaceOrder, Session, UserAccountAutoLiq } from 'tradovate-session'

export function missing(session: Session): void {
  // @ts-expect-error: an order has a symbol
  session.request('POST', 'order/placeorder', { body: { action: 'Buy', orderQty: 1, orderType: 'Market' } })
  // @ts-expect-error: it has a body
  session.request('POST', 'order/placeorder', { timeoutMs: 5 })
  // @ts-expect-error: and options to carry it
  session.request('POST', 'order/placeorder')
  // @ts-expect-error: which are not undefined
  session.request('POST', 'order/placeorder', undefined)
  // @ts-expect-error: with a / before it too
  session.request('POST', '/order/placeorder')
  // @ts-expect-error: which order
  session.request('POST', 'order/cancelorder', { body: { clOrdId: 'a' } })
  // @ts-expect-error: the bracket
  session.request('POST', 'order/placeoso', { body: { symbol: 'a', action: 'Buy', orderQty: 1, orderType: 'Market' } })
  // @ts-expect-error: of what account
  session.request('POST', 'cashBalance/getcashbalancesnapshot', { body: {} })
  // @ts-expect-error: the quantity
  session.request('POST', 'order/modifyorder', { body: { orderId: 1, orderType: 'Market' } })
  // @ts-expect-error: on whose behalf
  session.request('POST', 'order/liquidateposition', { body: { accountId: 1, contractId: 1 } })
  // @ts-expect-error: an id
  session.request('GET', 'order/item')
  // @ts-expect-error: a name
  session.request('GET', 'contract/find', { query: {} })
  // @ts-expect-error: a limit
  session.request('GET', 'contract/suggest', { query: { t: 'ES' } })
  // @ts-expect-error: a master
  session.request('GET', 'orderVersion/deps', {})
}

export function misspelt(session: Session, order: PlaceOrder): void {
  // @ts-expect-error: symbol
  session.request('POST', 'order/placeorder', { body: { symbl: 'a', action: 'Buy', orderQty: 1, orderType: 'Market' } })
  // @ts-expect-error: stopPrice, beside all that is required
  session.request('POST', 'order/placeorder', { body: { ...order, stopprice: 1 } })
  const other = { action: 'Buy', orderType: 'Stop' } as const
  // @ts-expect-error: in what it holds too
  session.request('POST', 'order/placeoco', { body: { ...order, other: { ...other, stop: 1 } } })
  // @ts-expect-error: orderId
  session.request('POST', 'order/cancelorder', { body: { orderId: 1, orderID: 1 } })
  // @ts-expect-error: doNotUnlock
  session.request('POST', 'userAccountAutoLiq/create', { body: { doNotUnlok: true } })
  session.request('POST', 'account/resetdemoaccountstate', {
    // @ts-expect-error: day
    body: { accountIds: [1], resetTradeDate: { year: 2026, month: 12, day: 1, date: 1 } },
  })
  // @ts-expect-error: forward
  session.request('POST', 'contract/rollcontracts', { body: { rollContracts: [{ name: 'a', forwards: true }] } })
  // @ts-expect-error: ids
  session.request('GET', 'fill/items', { query: { id: [1] } })
  // @ts-expect-error: masterid
  session.request('GET', 'fill/deps', { query: { masterId: 1 } })
  // @ts-expect-error: name
  session.request('GET', 'account/find', { query: { nam: 'a' } })
  // @ts-expect-error: timeoutMs
  session.request('GET', 'position/list', { timeout: 5 })
  // @ts-expect-error: a purpose
  session.request('GET', 'position/list', { purpose: 'news' })
}

export function ofTheWrongType(session: Session, order: PlaceOrder): void {
  // @ts-expect-error: a symbol is text
  session.request('POST', 'order/placeorder', { body: { ...order, symbol: 1 } })
  // @ts-expect-error: a quantity is a number
  session.request('POST', 'order/placeorder', { body: { ...order, orderQty: '1' } })
  // @ts-expect-error: an action is text
  session.request('POST', 'order/placeorder', { body: { ...order, action: true } })
  // @ts-expect-error: nothing is null
  session.request('POST', 'order/placeorder', { body: { ...order, price: null } })
  // @ts-expect-error: what is required is not undefined
  session.request('POST', 'order/placeorder', { body: { ...order, symbol: undefined } })
  // @ts-expect-error: a time is text
  session.request('POST', 'order/placeorder', { body: { ...order, expireTime: new Date() } })
  // @ts-expect-error: a list
  session.request('POST', 'contract/getproductfeeparams', { body: { productIds: 1 } })
  // @ts-expect-error: a list
  session.request('GET', 'contract/items', { query: { ids: 1 } })
  // @ts-expect-error: of numbers
  session.request('GET', 'contract/items', { query: { ids: ['1'] } })
  // @ts-expect-error: one id
  session.request('GET', 'contract/item', { query: { id: [1] } })
  // @ts-expect-error: a name
  session.request('GET', 'product/find', { query: { name: 1 } })
  // @ts-expect-error: a number at most
  session.request('GET', 'account/suggest', { query: { t: 'a', l: '5' } })
}

export function ofTheWrongKind(session: Session): void {
  // @ts-expect-error: a list takes no query
  session.request('GET', 'order/list', { query: { accountId: 1 } })
  // @ts-expect-error: a GET has no body
  session.request('GET', 'position/list', { body: {} })
  // @ts-expect-error: a body is no query
  session.request('POST', 'order/cancelorder', { query: { orderId: 1 } })
  // @ts-expect-error: GET or POST
  session.request('DELETE', 'order/cancelorder', { body: { orderId: 1 } })
  // @ts-expect-error: the session renews by itself
  session.request('GET', 'auth/renewaccesstoken')
  // @ts-expect-error: it logs in by itself
  session.request('POST', '/auth/accesstokenrequest', { body: { name: 'a', password: 'b' } })
}

export function byTheWrongVerb(session: Session, order: PlaceOrder): void {
  // @ts-expect-error: an order is a POST, with a query
  session.request('GET', 'order/placeorder', { query: { symbol: order.symbol } })
  // @ts-expect-error: without one
  session.request('GET', 'order/cancelorder')
  // @ts-expect-error: whatever else is given
  session.request('GET', '/order/placeorder', { timeoutMs: 5 })
  // @ts-expect-error: and if nothing is
  session.request('GET', 'order/placeorder', undefined)
  // @ts-expect-error: a path that the user has declared
  session.request('GET', 'margin/reset', { query: { accountId: 1 } })
  // @ts-expect-error: a list is a GET
  session.request('POST', 'position/list')
  // @ts-expect-error: with a body too
  session.request('POST', '/contract/find', { body: { name: 'ESZ6' } })
  // @ts-expect-error: the token endpoints, by either verb
  session.request('GET', 'auth/accesstokenrequest')
  // @ts-expect-error: the token endpoints, by either verb
  session.request('POST', 'auth/renewaccesstoken')
}

export async function answersOfTheWrongType(session: Session, limit: UserAccountAutoLiq): Promise<void> {
  // @ts-expect-error: a list
  const order: Order = await session.request('GET', 'order/list')
  // @ts-expect-error: one entity
  const orders: Order[] = await session.request('GET', 'order/item', { query: { id: 1 } })
  // @ts-expect-error: of another kind
  const ofFills: Order[] = await session.request('GET', 'fill/list')
  const [position] = await session.request('GET', 'position/list')
  // @ts-expect-error: there may be none
  const first: number = position.netPos
  // @ts-expect-error: a number
  const text: string | undefined = position?.netPos
  const { orderId } = await session.request('POST', 'order/liquidateposition', {
    body: { accountId: 1, contractId: 1, admin: false },
  })
  // @ts-expect-error: it may be missing
  const id: number = orderId
  // @ts-expect-error: what Tradovate never documented is unknown
  const level: number = limit.somethingNew
  // @ts-expect-error: an answer is no number
  const count: number = await session.request('GET', 'user/list')
  console.log(order, orders, ofFills, first, text, id, level, count)
}
