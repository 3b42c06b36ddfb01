// Compiled, not run: what request() takes and answers for the operations that Tradovate documents.

import type {
  Account,
  AccountRiskStatusResponse,
  Alert,
  AlertResponse,
  CashBalance,
  CashBalanceLog,
  CashBalanceSnapshot,
  ChatMessageResponse,
  CheckReplaySessionResponse,
  Command,
  CommandReport,
  CommandResult,
  Contract,
  ContractMargin,
  ContractMaturity,
  Currency,
  DeleteResultResponse,
  EndpointAnswer,
  EndpointOptions,
  EndpointPath,
  Endpoints,
  Exchange,
  ExecutionReport,
  Fill,
  FillPair,
  HttpMethod,
  MarginSnapshot,
  OAuthMeResponse,
  Order,
  OrderAction,
  OrderStrategyStatusResponse,
  OrderType,
  OrderVersion,
  OrdStatus,
  PlaceOcoResult,
  PlaceOrder,
  PlaceOrderResult,
  PlaceOsoResult,
  Position,
  Product,
  ProductFeeParamsResponse,
  RejectReason,
  RequestOptions,
  RollContractsResponse,
  Session,
  SimpleResponse,
  SpreadDefinition,
  SyncMessage,
  TimeInForce,
  TokenClient,
  TokenSource,
  TradeDate,
  TradingPermissionsResponse,
  User,
  UserAccountAutoLiq,
  UserAccountPositionLimit,
  UserAccountRiskParameter,
  UserProperty,
} from 'tradovate-session'

/** Nothing more is wanted where the types are the same, and neither is `any`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [they: 'differ']

/** Takes an answer of exactly the wanted type. */
declare function answers<Wanted>(): <Given>(given: Promise<Given>, ...same: Same<Wanted, Given>) => void

export function reads(session: Session): void {
  answers<OAuthMeResponse>()(session.request('GET', 'auth/me'))
  answers<Account[]>()(session.request('GET', 'account/list'))
  answers<Account>()(session.request('GET', 'account/item', { query: { id: 1 } }))
  answers<Account[]>()(session.request('GET', 'account/items', { query: { ids: [1, 2] } }))
  answers<Account[]>()(session.request('GET', 'account/deps', { query: { masterid: 1 } }))
  answers<Account[]>()(session.request('GET', 'account/ldeps', { query: { masterids: [1, 2] } }))
  answers<Account>()(session.request('GET', 'account/find', { query: { name: 'DEMO1' } }))
  answers<Account[]>()(session.request('GET', 'account/suggest', { query: { t: 'DE', l: 5 } }))
  answers<Position[]>()(session.request('GET', 'position/list'))
  answers<Position>()(session.request('GET', 'position/find', { query: { name: 'a' } }))
  answers<Order[]>()(session.request('GET', 'order/list', { timeoutMs: 5, purpose: 'demo' }))
  answers<Order>()(session.request('GET', 'order/item', { query: { id: 1 }, signal: AbortSignal.timeout(1) }))
  answers<Order[]>()(session.request('GET', '/order/list'))
  answers<OrderVersion[]>()(session.request('GET', 'orderVersion/deps', { query: { masterid: 1 } }))
  answers<Command[]>()(session.request('GET', 'command/list'))
  answers<CommandReport[]>()(session.request('GET', 'commandReport/list'))
  answers<ExecutionReport[]>()(session.request('GET', 'executionReport/list'))
  answers<Fill[]>()(session.request('GET', 'fill/list'))
  answers<FillPair[]>()(session.request('GET', 'fillPair/list'))
  answers<Contract>()(session.request('GET', 'contract/find', { query: { name: 'ESZ6' } }))
  answers<Contract[]>()(session.request('GET', 'contract/suggest', { query: { t: 'ES', l: 3 } }))
  answers<ContractMaturity>()(session.request('GET', 'contractMaturity/item', { query: { id: 1 } }))
  answers<ContractMargin>()(session.request('GET', 'contractMargin/item', { query: { id: 1 } }))
  answers<Product>()(session.request('GET', 'product/find', { query: { name: 'ES' } }))
  answers<Product[]>()(session.request('GET', 'product/list'))
  answers<Exchange[]>()(session.request('GET', 'exchange/list'))
  answers<Currency[]>()(session.request('GET', 'currency/list'))
  answers<SpreadDefinition>()(session.request('GET', 'spreadDefinition/item', { query: { id: 1 } }))
  answers<CashBalance[]>()(session.request('GET', 'cashBalance/list'))
  answers<CashBalanceLog[]>()(session.request('GET', 'cashBalanceLog/deps', { query: { masterid: 1 } }))
  answers<MarginSnapshot[]>()(session.request('GET', 'marginSnapshot/list'))
  answers<UserAccountRiskParameter[]>()(
    session.request('GET', 'userAccountRiskParameter/deps', { query: { masterid: 1 } }),
  )
  answers<Alert[]>()(session.request('GET', 'alert/deps', { query: { masterid: 1 } }))
  answers<User[]>()(session.request('GET', 'user/list'))
  answers<UserProperty[]>()(session.request('GET', 'userProperty/deps', { query: { masterid: 1 } }))
}

export function writes(session: Session): void {
  const order: PlaceOrder = { symbol: 'ESZ6', action: 'Buy', orderQty: 1, orderType: 'Limit', price: 1.25 }
  const other = { action: 'Sell', orderType: 'Stop', stopPrice: 1 } as const
  const date = { year: 2026, month: 12, day: 1 }
  const position = { accountId: 1, contractId: 1, admin: false }
  answers<PlaceOrderResult>()(session.request('POST', 'order/placeorder', { body: order }))
  answers<PlaceOcoResult>()(session.request('POST', 'order/placeoco', { body: { ...order, other } }))
  answers<PlaceOsoResult>()(session.request('POST', 'order/placeoso', { body: { ...order, bracket1: other } }))
  answers<CommandResult>()(
    session.request('POST', 'order/modifyorder', { body: { orderId: 1, orderQty: 2, orderType: 'Market' } }),
  )
  answers<CommandResult>()(session.request('POST', 'order/cancelorder', { body: { orderId: 1, clOrdId: 'a' } }))
  answers<PlaceOrderResult>()(session.request('POST', 'order/liquidateposition', { body: position }))
  answers<SimpleResponse>()(
    session.request('POST', 'order/liquidatepositions', { body: { positions: [1], admin: false } }),
  )
  answers<OrderStrategyStatusResponse>()(
    session.request('POST', 'orderStrategy/startorderstrategy', {
      body: { symbol: 'ESZ6', action: 'Buy', orderStrategyTypeId: 2, params: '{}', accountId: 1 },
    }),
  )
  answers<CashBalanceSnapshot>()(
    session.request('POST', 'cashBalance/getcashbalancesnapshot', { body: { accountId: 1 } }),
  )
  answers<SyncMessage>()(session.request('POST', 'user/syncrequest', { body: { users: [1], entityTypes: ['order'] } }))
  answers<ProductFeeParamsResponse>()(
    session.request('POST', 'contract/getproductfeeparams', { body: { productIds: [1] } }),
  )
  answers<RollContractsResponse>()(
    session.request('POST', 'contract/rollcontracts', { body: { rollContracts: [{ name: 'ESZ6', forward: true }] } }),
  )
  answers<SimpleResponse>()(
    session.request('POST', 'account/resetdemoaccountstate', { body: { accountIds: [1], resetTradeDate: date } }),
  )
  answers<AccountRiskStatusResponse>()(
    session.request('POST', 'accountRiskStatus/resetautoliqstatus', { body: { accountId: 1 } }),
  )
  answers<UserAccountAutoLiq>()(
    session.request('POST', 'userAccountAutoLiq/update', { body: { id: 1, dailyLossAutoLiq: 500 } }),
  )
  answers<UserAccountPositionLimit>()(
    session.request('POST', 'userAccountPositionLimit/create', {
      body: { active: true, totalBy: 'Overall', accountId: 1, exposedLimit: 3 },
    }),
  )
  answers<DeleteResultResponse>()(
    session.request('POST', 'userAccountPositionLimit/deleteuseraccountpositionlimit', {
      body: { userAccountPositionLimitId: 1 },
    }),
  )
  answers<AlertResponse>()(session.request('POST', 'alert/createalert', { body: { expression: 'a' } }))
  answers<ChatMessageResponse>()(
    session.request('POST', 'chat/postchatmessage', { body: { category: 'TradeDesk', text: 'a' } }),
  )
  answers<CheckReplaySessionResponse>()(
    session.request('POST', 'replay/checkreplaysession', {
      body: { startTimestamp: '2026-01-01T00:00Z' },
      purpose: 'replay',
    }),
  )
  answers<TradingPermissionsResponse>()(
    session.request('POST', 'user/getaccounttradingpermissions', { body: { accountId: 1 } }),
  )
}

export async function fieldsOf(source: TokenSource, client: TokenClient): Promise<unknown[]> {
  const [position] = await client.request('GET', 'position/list')
  if (!position) return []
  const always: [number, number, TradeDate, string] = [
    position.id,
    position.netPos,
    position.tradeDate,
    position.timestamp,
  ]
  const perhaps: number | undefined = position.netPrice
  const unknownField: unknown = position.somethingNew
  const { tradeDate } = position
  const day: number = tradeDate.day
  const order = await source.request('GET', 'order/item', { query: { id: 1 } })
  const status: OrdStatus = order.ordStatus
  const isNew = order.ordStatus === 'AddedLater'
  const { failureReason, orderId } = await source.request('POST', 'order/placeorder', {
    body: { symbol: 'a', action: 'AddedLater', orderQty: 1, orderType: 'Pegged', timeInForce: undefined },
  })
  const reason: RejectReason | undefined = failureReason
  const id: number | undefined = orderId
  const { contracts } = await source.request('POST', 'contract/rollcontracts', { body: { rollContracts: [] } })
  const map: Record<string, unknown> = contracts
  // An answer's entity can be sent as it came.
  await source.request('POST', 'account/resetdemoaccountstate', {
    body: { accountIds: [1], resetTradeDate: tradeDate },
  })
  const choices: [OrderAction, OrderType, TimeInForce] = ['Sell', 'TrailingStop', 'GTC']
  const items: Endpoints['GET order/items']['query'] = { ids: [order.id] }
  return [always, perhaps, unknownField, day, status, isNew, reason, id, map, choices, items]
}

export async function unlisted(session: Session, method: HttpMethod, path: string): Promise<unknown[]> {
  const options: RequestOptions = { query: { a: 1, b: 'c', d: true, e: [1, 2] } }
  const perhaps: RequestOptions | undefined = path === '' ? undefined : options
  answers<unknown>()(session.request('GET', 'news/list'))
  answers<unknown>()(session.request('POST', 'news/add', { body: { whatever: [1] }, purpose: 'live' }))
  answers<unknown>()(session.request('GET', path))
  answers<unknown>()(session.request(method, path, options))
  answers<unknown>()(session.request(method, 'order/list', perhaps))
  answers<unknown>()(session.request(method, 'order/placeorder', perhaps))
  // What clients in use ask for by either verb.
  answers<unknown>()(session.request('GET', 'cashBalance/getcashbalancesnapshot', { query: { accountId: 1 } }))
  answers<string[]>()(session.request<string[]>('GET', 'news/list', undefined))
  answers<string[]>()(session.request<string[]>(method, path, perhaps))
  const wanted: number = await session.request('GET', 'news/count')
  // Who says what a documented endpoint answers is believed, whatever is sent.
  answers<'mine'>()(session.request<'mine'>('POST', 'order/placeorder', { body: { nonsense: 1 } }))
  answers<'mine'>()(session.request<'mine'>('GET', 'position/list', { query: { active: true } }))
  return [wanted]
}

/** A wrapper that is typed as request() itself. */
export async function logged<M extends HttpMethod, P extends string>(
  source: TokenSource,
  method: M,
  path: P | EndpointPath<M>,
  options: EndpointOptions<M, P>,
): Promise<EndpointAnswer<M, P>> {
  console.log(method, path)
  return source.request(method, path, options)
}

export function wrapped(session: Session): void {
  answers<Fill[]>()(logged(session, 'GET', 'fill/list', undefined))
  answers<Contract>()(logged(session, 'GET', 'contract/find', { query: { name: 'ESZ6' } }))
}

/** A source of one's own, as it was written before the endpoints were typed. */
export class Fake implements Pick<TokenSource, 'request'> {
  async request<T = unknown>(method: 'GET' | 'POST', path: string, options?: RequestOptions): Promise<T> {
    throw new Error(`${method} ${path} ${JSON.stringify(options?.query)}`)
  }
}
export const fakes: Pick<TokenSource, 'request'>[] = [
  new Fake(),
  { request: async () => [] as never },
  { request: async (_method: string, path: string) => JSON.parse(path) },
]
