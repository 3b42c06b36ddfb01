// Made by scripts/endpoint-types.mjs from types/endpoints.json and types/notes.json: change those, and run it.

import type { Credentials } from './index.js'

/** The operations that Tradovate documents; see `Endpoints`, which has them too. */
export interface DocumentedEndpoints {
  /** `request` refuses it: a session logs in by itself. */
  'POST auth/accesstokenrequest': { body: AccessTokenRequest; answer: AccessTokenResponse }
  /** Tradovate allows an address 10 failures an hour. */
  'GET auth/me': { answer: OAuthMeResponse }
  /** Tradovate wants a form, and `request` sends JSON. */
  'POST auth/oauthtoken': { body: OAuthToken; answer: OAuthTokenResponse }
  /** `request` refuses it: a session renews by itself. */
  'GET auth/renewaccesstoken': { answer: AccessTokenResponse }
  'GET contract/deps': { query: DepsQuery; answer: Contract[] }
  'GET contract/find': { query: FindQuery; answer: Contract }
  'POST contract/getproductfeeparams': { body: GetProductFeeParams; answer: ProductFeeParamsResponse }
  'GET contract/item': { query: ItemQuery; answer: Contract }
  'GET contract/items': { query: ItemsQuery; answer: Contract[] }
  'GET contract/ldeps': { query: LdepsQuery; answer: Contract[] }
  'POST contract/rollcontract': { body: RollContract; answer: RollContractResponse }
  'POST contract/rollcontracts': { body: RollContracts; answer: RollContractsResponse }
  'GET contract/suggest': { query: SuggestQuery; answer: Contract[] }
  'GET contractGroup/find': { query: FindQuery; answer: ContractGroup }
  'GET contractGroup/item': { query: ItemQuery; answer: ContractGroup }
  'GET contractGroup/items': { query: ItemsQuery; answer: ContractGroup[] }
  'GET contractGroup/list': { answer: ContractGroup[] }
  'GET contractGroup/suggest': { query: SuggestQuery; answer: ContractGroup[] }
  'GET contractMaturity/deps': { query: DepsQuery; answer: ContractMaturity[] }
  'GET contractMaturity/item': { query: ItemQuery; answer: ContractMaturity }
  'GET contractMaturity/items': { query: ItemsQuery; answer: ContractMaturity[] }
  'GET contractMaturity/ldeps': { query: LdepsQuery; answer: ContractMaturity[] }
  'GET currency/find': { query: FindQuery; answer: Currency }
  'GET currency/item': { query: ItemQuery; answer: Currency }
  'GET currency/items': { query: ItemsQuery; answer: Currency[] }
  'GET currency/list': { answer: Currency[] }
  'GET currency/suggest': { query: SuggestQuery; answer: Currency[] }
  'GET currencyRate/deps': { query: DepsQuery; answer: CurrencyRate[] }
  'GET currencyRate/item': { query: ItemQuery; answer: CurrencyRate }
  'GET currencyRate/items': { query: ItemsQuery; answer: CurrencyRate[] }
  'GET currencyRate/ldeps': { query: LdepsQuery; answer: CurrencyRate[] }
  'GET currencyRate/list': { answer: CurrencyRate[] }
  'GET exchange/find': { query: FindQuery; answer: Exchange }
  'GET exchange/item': { query: ItemQuery; answer: Exchange }
  'GET exchange/items': { query: ItemsQuery; answer: Exchange[] }
  'GET exchange/list': { answer: Exchange[] }
  'GET exchange/suggest': { query: SuggestQuery; answer: Exchange[] }
  'GET product/deps': { query: DepsQuery; answer: Product[] }
  'GET product/find': { query: FindQuery; answer: Product }
  'GET product/item': { query: ItemQuery; answer: Product }
  'GET product/items': { query: ItemsQuery; answer: Product[] }
  'GET product/ldeps': { query: LdepsQuery; answer: Product[] }
  'GET product/list': { answer: Product[] }
  'GET product/suggest': { query: SuggestQuery; answer: Product[] }
  'GET productSession/deps': { query: DepsQuery; answer: ProductSession[] }
  'GET productSession/item': { query: ItemQuery; answer: ProductSession }
  'GET productSession/items': { query: ItemsQuery; answer: ProductSession[] }
  'GET productSession/ldeps': { query: LdepsQuery; answer: ProductSession[] }
  'GET spreadDefinition/item': { query: ItemQuery; answer: SpreadDefinition }
  'GET spreadDefinition/items': { query: ItemsQuery; answer: SpreadDefinition[] }
  'GET command/deps': { query: DepsQuery; answer: Command[] }
  'GET command/item': { query: ItemQuery; answer: Command }
  'GET command/items': { query: ItemsQuery; answer: Command[] }
  'GET command/ldeps': { query: LdepsQuery; answer: Command[] }
  'GET command/list': { answer: Command[] }
  'GET commandReport/deps': { query: CommandReportDepsQuery; answer: CommandReport[] }
  'GET commandReport/item': { query: ItemQuery; answer: CommandReport }
  'GET commandReport/items': { query: ItemsQuery; answer: CommandReport[] }
  'GET commandReport/ldeps': { query: LdepsQuery; answer: CommandReport[] }
  'GET commandReport/list': { answer: CommandReport[] }
  'GET executionReport/deps': { query: ExecutionReportDepsQuery; answer: ExecutionReport[] }
  'GET executionReport/find': { query: FindQuery; answer: ExecutionReport }
  'GET executionReport/item': { query: ItemQuery; answer: ExecutionReport }
  'GET executionReport/items': { query: ItemsQuery; answer: ExecutionReport[] }
  'GET executionReport/ldeps': { query: LdepsQuery; answer: ExecutionReport[] }
  'GET executionReport/list': { answer: ExecutionReport[] }
  'GET fill/deps': { query: DepsQuery; answer: Fill[] }
  'GET fill/item': { query: ItemQuery; answer: Fill }
  'GET fill/items': { query: ItemsQuery; answer: Fill[] }
  'GET fill/ldeps': { query: LdepsQuery; answer: Fill[] }
  'GET fill/list': { answer: Fill[] }
  'GET fillFee/deps': { query: DepsQuery; answer: FillFee[] }
  'GET fillFee/item': { query: ItemQuery; answer: FillFee }
  'GET fillFee/items': { query: ItemsQuery; answer: FillFee[] }
  'GET fillFee/ldeps': { query: LdepsQuery; answer: FillFee[] }
  'GET fillFee/list': { answer: FillFee[] }
  /** An order that is done already is a `REJECTED` error, `TooLate`. */
  'POST order/cancelorder': { body: CancelOrder; answer: CommandResult }
  'GET order/deps': { query: DepsQuery; answer: Order[] }
  'GET order/item': { query: ItemQuery; answer: Order }
  'GET order/items': { query: ItemsQuery; answer: Order[] }
  'GET order/ldeps': { query: LdepsQuery; answer: Order[] }
  'POST order/liquidateposition': { body: LiquidatePosition; answer: PlaceOrderResult }
  'POST order/liquidatepositions': { body: LiquidatePositions; answer: SimpleResponse }
  'GET order/list': { answer: Order[] }
  'POST order/modifyorder': { body: ModifyOrder; answer: CommandResult }
  'POST order/placeoco': { body: PlaceOCO; answer: PlaceOcoResult }
  /** An order that is refused is a `REJECTED` error. */
  'POST order/placeorder': { body: PlaceOrder; answer: PlaceOrderResult }
  'POST order/placeoso': { body: PlaceOSO; answer: PlaceOsoResult }
  'GET orderStrategy/deps': { query: DepsQuery; answer: OrderStrategy[] }
  'POST orderStrategy/interruptorderstrategy': { body: InterruptOrderStrategy; answer: OrderStrategyStatusResponse }
  'GET orderStrategy/item': { query: ItemQuery; answer: OrderStrategy }
  'GET orderStrategy/items': { query: ItemsQuery; answer: OrderStrategy[] }
  'GET orderStrategy/ldeps': { query: LdepsQuery; answer: OrderStrategy[] }
  'GET orderStrategy/list': { answer: OrderStrategy[] }
  'POST orderStrategy/modifyorderstrategy': { body: ModifyOrderStrategy; answer: OrderStrategyStatusResponse }
  'POST orderStrategy/startorderstrategy': { body: StartOrderStrategy; answer: OrderStrategyStatusResponse }
  'GET orderStrategyLink/deps': { query: DepsQuery; answer: OrderStrategyLink[] }
  'GET orderStrategyLink/item': { query: ItemQuery; answer: OrderStrategyLink }
  'GET orderStrategyLink/items': { query: ItemsQuery; answer: OrderStrategyLink[] }
  'GET orderStrategyLink/ldeps': { query: LdepsQuery; answer: OrderStrategyLink[] }
  'GET orderStrategyLink/list': { answer: OrderStrategyLink[] }
  'GET orderVersion/deps': { query: DepsQuery; answer: OrderVersion[] }
  'GET orderVersion/item': { query: ItemQuery; answer: OrderVersion }
  'GET orderVersion/items': { query: ItemsQuery; answer: OrderVersion[] }
  'GET orderVersion/ldeps': { query: LdepsQuery; answer: OrderVersion[] }
  'GET orderVersion/list': { answer: OrderVersion[] }
  'GET fillPair/deps': { query: DepsQuery; answer: FillPair[] }
  'GET fillPair/item': { query: ItemQuery; answer: FillPair }
  'GET fillPair/items': { query: ItemsQuery; answer: FillPair[] }
  'GET fillPair/ldeps': { query: LdepsQuery; answer: FillPair[] }
  'GET fillPair/list': { answer: FillPair[] }
  'GET position/deps': { query: DepsQuery; answer: Position[] }
  'GET position/find': { query: FindQuery; answer: Position }
  'GET position/item': { query: ItemQuery; answer: Position }
  'GET position/items': { query: ItemsQuery; answer: Position[] }
  'GET position/ldeps': { query: LdepsQuery; answer: Position[] }
  'GET position/list': { answer: Position[] }
  'GET account/deps': { query: DepsQuery; answer: Account[] }
  'GET account/find': { query: FindQuery; answer: Account }
  'GET account/item': { query: ItemQuery; answer: Account }
  'GET account/items': { query: ItemsQuery; answer: Account[] }
  'GET account/ldeps': { query: LdepsQuery; answer: Account[] }
  'GET account/list': { answer: Account[] }
  'POST account/resetdemoaccountstate': { body: ResetDemoAccountState; answer: SimpleResponse }
  'GET account/suggest': { query: SuggestQuery; answer: Account[] }
  'GET cashBalance/deps': { query: DepsQuery; answer: CashBalance[] }
  /** Not for polling. */
  'POST cashBalance/getcashbalancesnapshot': { body: GetCashBalanceSnapshot; answer: CashBalanceSnapshot }
  'GET cashBalance/item': { query: ItemQuery; answer: CashBalance }
  'GET cashBalance/items': { query: ItemsQuery; answer: CashBalance[] }
  'GET cashBalance/ldeps': { query: LdepsQuery; answer: CashBalance[] }
  'GET cashBalance/list': { answer: CashBalance[] }
  'GET cashBalanceLog/deps': { query: DepsQuery; answer: CashBalanceLog[] }
  'GET cashBalanceLog/item': { query: ItemQuery; answer: CashBalanceLog }
  'GET cashBalanceLog/items': { query: ItemsQuery; answer: CashBalanceLog[] }
  'GET cashBalanceLog/ldeps': { query: LdepsQuery; answer: CashBalanceLog[] }
  'GET marginSnapshot/deps': { query: DepsQuery; answer: MarginSnapshot[] }
  'GET marginSnapshot/item': { query: ItemQuery; answer: MarginSnapshot }
  'GET marginSnapshot/items': { query: ItemsQuery; answer: MarginSnapshot[] }
  'GET marginSnapshot/ldeps': { query: LdepsQuery; answer: MarginSnapshot[] }
  'GET marginSnapshot/list': { answer: MarginSnapshot[] }
  'GET tradingPermission/deps': { query: DepsQuery; answer: TradingPermission[] }
  'GET tradingPermission/item': { query: ItemQuery; answer: TradingPermission }
  'GET tradingPermission/items': { query: ItemsQuery; answer: TradingPermission[] }
  'GET tradingPermission/ldeps': { query: LdepsQuery; answer: TradingPermission[] }
  'GET tradingPermission/list': { answer: TradingPermission[] }
  'GET accountRiskStatus/deps': { query: DepsQuery; answer: AccountRiskStatus[] }
  'GET accountRiskStatus/item': { query: ItemQuery; answer: AccountRiskStatus }
  'GET accountRiskStatus/items': { query: ItemsQuery; answer: AccountRiskStatus[] }
  'GET accountRiskStatus/ldeps': { query: LdepsQuery; answer: AccountRiskStatus[] }
  'GET accountRiskStatus/list': { answer: AccountRiskStatus[] }
  'POST accountRiskStatus/resetautoliqstatus': { body: ResetAutoLiqStatus; answer: AccountRiskStatusResponse }
  'POST accountRiskStatus/setaccountnotes': { body: SetAccountNotes; answer: SimpleResponse }
  'POST accountRiskStatus/setadminautoliqaction': { body: SetAdminAutoLiqAction; answer: AccountRiskStatusResponse }
  'POST accountRiskStatus/updatemaxnetliq': { body: UpdateMaxNetLiq; answer: AccountRiskStatusResponse }
  'GET contractMargin/deps': { query: DepsQuery; answer: ContractMargin[] }
  'GET contractMargin/item': { query: ItemQuery; answer: ContractMargin }
  'GET contractMargin/items': { query: ItemsQuery; answer: ContractMargin[] }
  'GET contractMargin/ldeps': { query: LdepsQuery; answer: ContractMargin[] }
  'GET permissionedAccountAutoLiq/deps': { query: DepsQuery; answer: PermissionedAccountAutoLiq[] }
  'GET permissionedAccountAutoLiq/item': { query: ItemQuery; answer: PermissionedAccountAutoLiq }
  'GET permissionedAccountAutoLiq/items': { query: ItemsQuery; answer: PermissionedAccountAutoLiq[] }
  'GET permissionedAccountAutoLiq/ldeps': { query: LdepsQuery; answer: PermissionedAccountAutoLiq[] }
  'GET permissionedAccountAutoLiq/list': { answer: PermissionedAccountAutoLiq[] }
  'GET productMargin/deps': { query: DepsQuery; answer: ProductMargin[] }
  'GET productMargin/item': { query: ItemQuery; answer: ProductMargin }
  'GET productMargin/items': { query: ItemsQuery; answer: ProductMargin[] }
  'GET productMargin/ldeps': { query: LdepsQuery; answer: ProductMargin[] }
  'GET productMargin/list': { answer: ProductMargin[] }
  'POST userAccountAutoLiq/create': { body: UserAccountAutoLiqBody; answer: UserAccountAutoLiq }
  'GET userAccountAutoLiq/deps': { query: DepsQuery; answer: UserAccountAutoLiq[] }
  'GET userAccountAutoLiq/item': { query: ItemQuery; answer: UserAccountAutoLiq }
  'GET userAccountAutoLiq/items': { query: ItemsQuery; answer: UserAccountAutoLiq[] }
  'GET userAccountAutoLiq/ldeps': { query: LdepsQuery; answer: UserAccountAutoLiq[] }
  'GET userAccountAutoLiq/list': { answer: UserAccountAutoLiq[] }
  'POST userAccountAutoLiq/update': { body: UserAccountAutoLiqBody; answer: UserAccountAutoLiq }
  'POST userAccountAutoLiq/updateuserautoliq': { body: UpdateUserAutoLiq; answer: UpdateUserAutoLiqResponse }
  'POST userAccountPositionLimit/create': { body: UserAccountPositionLimitBody; answer: UserAccountPositionLimit }
  'POST userAccountPositionLimit/deleteuseraccountpositionlimit': {
    body: DeleteUserAccountPositionLimit
    answer: DeleteResultResponse
  }
  'POST userAccountPositionLimit/deleteuseraccountriskparameter': {
    body: DeleteUserAccountRiskParameter
    answer: DeleteResultResponse
  }
  'GET userAccountPositionLimit/deps': { query: DepsQuery; answer: UserAccountPositionLimit[] }
  'GET userAccountPositionLimit/item': { query: ItemQuery; answer: UserAccountPositionLimit }
  'GET userAccountPositionLimit/items': { query: ItemsQuery; answer: UserAccountPositionLimit[] }
  'GET userAccountPositionLimit/ldeps': { query: LdepsQuery; answer: UserAccountPositionLimit[] }
  'POST userAccountPositionLimit/update': { body: UserAccountPositionLimitBody; answer: UserAccountPositionLimit }
  'POST userAccountRiskParameter/create': { body: UserAccountRiskParameterBody; answer: UserAccountRiskParameter }
  'GET userAccountRiskParameter/deps': { query: DepsQuery; answer: UserAccountRiskParameter[] }
  'GET userAccountRiskParameter/item': { query: ItemQuery; answer: UserAccountRiskParameter }
  'GET userAccountRiskParameter/items': { query: ItemsQuery; answer: UserAccountRiskParameter[] }
  'GET userAccountRiskParameter/ldeps': { query: LdepsQuery; answer: UserAccountRiskParameter[] }
  'POST userAccountRiskParameter/update': { body: UserAccountRiskParameterBody; answer: UserAccountRiskParameter }
  'GET marketDataSubscriptionExchangeScope/find': { query: FindQuery; answer: MarketDataSubscriptionExchangeScope }
  'GET marketDataSubscriptionExchangeScope/item': { query: ItemQuery; answer: MarketDataSubscriptionExchangeScope }
  'GET marketDataSubscriptionExchangeScope/items': { query: ItemsQuery; answer: MarketDataSubscriptionExchangeScope[] }
  'GET marketDataSubscriptionExchangeScope/list': { answer: MarketDataSubscriptionExchangeScope[] }
  'GET marketDataSubscriptionExchangeScope/suggest': {
    query: SuggestQuery
    answer: MarketDataSubscriptionExchangeScope[]
  }
  'GET marketDataSubscriptionPlan/find': { query: FindQuery; answer: MarketDataSubscriptionPlan }
  'GET marketDataSubscriptionPlan/item': { query: ItemQuery; answer: MarketDataSubscriptionPlan }
  'GET marketDataSubscriptionPlan/items': { query: ItemsQuery; answer: MarketDataSubscriptionPlan[] }
  'GET marketDataSubscriptionPlan/list': { answer: MarketDataSubscriptionPlan[] }
  'GET marketDataSubscriptionPlan/suggest': { query: SuggestQuery; answer: MarketDataSubscriptionPlan[] }
  'GET tradovateSubscriptionPlan/find': { query: FindQuery; answer: TradovateSubscriptionPlan }
  'GET tradovateSubscriptionPlan/item': { query: ItemQuery; answer: TradovateSubscriptionPlan }
  'GET tradovateSubscriptionPlan/items': { query: ItemsQuery; answer: TradovateSubscriptionPlan[] }
  'GET tradovateSubscriptionPlan/list': { answer: TradovateSubscriptionPlan[] }
  'GET tradovateSubscriptionPlan/suggest': { query: SuggestQuery; answer: TradovateSubscriptionPlan[] }
  'POST replay/changespeed': { body: ChangeSpeed; answer: SimpleResponse }
  'POST replay/checkreplaysession': { body: CheckReplaySession; answer: CheckReplaySessionResponse }
  'POST replay/initializeclock': { body: InitializeClock; answer: SimpleResponse }
  'POST adminAlertSignal/completealertsignal': { body: CompleteAlertSignal; answer: AdminAlertSignalResponse }
  'GET adminAlertSignal/deps': { query: DepsQuery; answer: AdminAlertSignal[] }
  'GET adminAlertSignal/item': { query: ItemQuery; answer: AdminAlertSignal }
  'GET adminAlertSignal/items': { query: ItemsQuery; answer: AdminAlertSignal[] }
  'GET adminAlertSignal/ldeps': { query: LdepsQuery; answer: AdminAlertSignal[] }
  'GET adminAlertSignal/list': { answer: AdminAlertSignal[] }
  'POST adminAlertSignal/takealertsignalownership': { body: TakeAlertSignalOwnership; answer: AdminAlertSignalResponse }
  'POST alert/createalert': { body: CreateAlert; answer: AlertResponse }
  'POST alert/deletealert': { body: DeleteAlert; answer: AlertResponse }
  'GET alert/deps': { query: DepsQuery; answer: Alert[] }
  'POST alert/dismissalert': { body: DismissAlert; answer: AlertResponse }
  'GET alert/item': { query: ItemQuery; answer: Alert }
  'GET alert/items': { query: ItemsQuery; answer: Alert[] }
  'GET alert/ldeps': { query: LdepsQuery; answer: Alert[] }
  'POST alert/markreadalertsignal': { body: MarkReadAlertSignal; answer: AlertResponse }
  'POST alert/modifyalert': { body: ModifyAlert; answer: AlertResponse }
  'POST alert/resetalert': { body: ResetAlert; answer: AlertResponse }
  'GET alertSignal/deps': { query: DepsQuery; answer: AlertSignal[] }
  'GET alertSignal/item': { query: ItemQuery; answer: AlertSignal }
  'GET alertSignal/items': { query: ItemsQuery; answer: AlertSignal[] }
  'GET alertSignal/ldeps': { query: LdepsQuery; answer: AlertSignal[] }
  'GET adminAlert/find': { query: FindQuery; answer: AdminAlert }
  'GET adminAlert/item': { query: ItemQuery; answer: AdminAlert }
  'GET adminAlert/items': { query: ItemsQuery; answer: AdminAlert[] }
  'GET adminAlert/list': { answer: AdminAlert[] }
  'GET adminAlert/suggest': { query: SuggestQuery; answer: AdminAlert[] }
  'GET clearingHouse/find': { query: FindQuery; answer: ClearingHouse }
  'GET clearingHouse/item': { query: ItemQuery; answer: ClearingHouse }
  'GET clearingHouse/items': { query: ItemsQuery; answer: ClearingHouse[] }
  'GET clearingHouse/list': { answer: ClearingHouse[] }
  'GET clearingHouse/suggest': { query: SuggestQuery; answer: ClearingHouse[] }
  'GET entitlement/item': { query: ItemQuery; answer: Entitlement }
  'GET entitlement/items': { query: ItemsQuery; answer: Entitlement[] }
  'GET entitlement/list': { answer: Entitlement[] }
  'GET orderStrategyType/find': { query: FindQuery; answer: OrderStrategyType }
  'GET orderStrategyType/item': { query: ItemQuery; answer: OrderStrategyType }
  'GET orderStrategyType/items': { query: ItemsQuery; answer: OrderStrategyType[] }
  'GET orderStrategyType/list': { answer: OrderStrategyType[] }
  'GET orderStrategyType/suggest': { query: SuggestQuery; answer: OrderStrategyType[] }
  'GET property/find': { query: FindQuery; answer: Property }
  'GET property/item': { query: ItemQuery; answer: Property }
  'GET property/items': { query: ItemsQuery; answer: Property[] }
  'GET property/list': { answer: Property[] }
  'GET property/suggest': { query: SuggestQuery; answer: Property[] }
  'GET contactInfo/deps': { query: DepsQuery; answer: ContactInfo[] }
  'GET contactInfo/item': { query: ItemQuery; answer: ContactInfo }
  'GET contactInfo/items': { query: ItemsQuery; answer: ContactInfo[] }
  'GET contactInfo/ldeps': { query: LdepsQuery; answer: ContactInfo[] }
  'POST marketDataSubscription/create': { body: MarketDataSubscriptionBody; answer: MarketDataSubscription }
  'GET marketDataSubscription/deps': { query: DepsQuery; answer: MarketDataSubscription[] }
  'GET marketDataSubscription/item': { query: ItemQuery; answer: MarketDataSubscription }
  'GET marketDataSubscription/items': { query: ItemsQuery; answer: MarketDataSubscription[] }
  'GET marketDataSubscription/ldeps': { query: LdepsQuery; answer: MarketDataSubscription[] }
  'GET marketDataSubscription/list': { answer: MarketDataSubscription[] }
  'POST marketDataSubscription/update': { body: MarketDataSubscriptionBody; answer: MarketDataSubscription }
  'GET organization/find': { query: FindQuery; answer: Organization }
  'GET organization/item': { query: ItemQuery; answer: Organization }
  'GET organization/items': { query: ItemsQuery; answer: Organization[] }
  'GET organization/list': { answer: Organization[] }
  'GET organization/suggest': { query: SuggestQuery; answer: Organization[] }
  'GET secondMarketDataSubscription/deps': { query: DepsQuery; answer: SecondMarketDataSubscription[] }
  'GET secondMarketDataSubscription/item': { query: ItemQuery; answer: SecondMarketDataSubscription }
  'GET secondMarketDataSubscription/items': { query: ItemsQuery; answer: SecondMarketDataSubscription[] }
  'GET secondMarketDataSubscription/ldeps': { query: LdepsQuery; answer: SecondMarketDataSubscription[] }
  'GET secondMarketDataSubscription/list': { answer: SecondMarketDataSubscription[] }
  'POST tradovateSubscription/create': { body: TradovateSubscriptionBody; answer: TradovateSubscription }
  'GET tradovateSubscription/deps': { query: DepsQuery; answer: TradovateSubscription[] }
  'GET tradovateSubscription/item': { query: ItemQuery; answer: TradovateSubscription }
  'GET tradovateSubscription/items': { query: ItemsQuery; answer: TradovateSubscription[] }
  'GET tradovateSubscription/ldeps': { query: LdepsQuery; answer: TradovateSubscription[] }
  'GET tradovateSubscription/list': { answer: TradovateSubscription[] }
  'POST tradovateSubscription/update': { body: TradovateSubscriptionBody; answer: TradovateSubscription }
  'POST user/accepttradingpermission': { body: AcceptTradingPermission; answer: TradingPermissionResponse }
  'POST user/activatesecondmarketdatasubscriptionrenewal': {
    body: ActivateSecondMarketDataSubscriptionRenewal
    answer: SecondMarketDataSubscriptionResponse
  }
  'POST user/addmarketdatasubscription': { body: AddMarketDataSubscription; answer: MarketDataSubscriptionResponse }
  'POST user/addsecondmarketdatasubscription': {
    body: AddSecondMarketDataSubscription
    answer: SecondMarketDataSubscriptionResponse
  }
  'POST user/addtradovatesubscription': { body: AddTradovateSubscription; answer: TradovateSubscriptionResponse }
  'POST user/canceleverything': { body: CancelEverything; answer: CancelEverythingResponse }
  'POST user/cancelsecondmarketdatasubscription': {
    body: CancelSecondMarketDataSubscription
    answer: SecondMarketDataSubscriptionResponse
  }
  'POST user/cancelsecondmarketdatasubscriptionrenewal': {
    body: CancelSecondMarketDataSubscriptionRenewal
    answer: SecondMarketDataSubscriptionResponse
  }
  'POST user/canceltradovatesubscription': { body: CancelTradovateSubscription; answer: TradovateSubscriptionResponse }
  'POST user/createevaluationaccounts': { body: CreateEvaluationAccounts; answer: CreateEvaluationAccountsResponse }
  'POST user/createevaluationusers': { body: CreateEvaluationUsers; answer: CreateEvaluationUsersResponse }
  'POST user/createtradingpermission': { body: CreateTradingPermission; answer: TradingPermissionResponse }
  'GET user/find': { query: FindQuery; answer: User }
  'POST user/getaccounttradingpermissions': { body: GetAccountTradingPermissions; answer: TradingPermissionsResponse }
  'POST user/getsecondmarketdatasubscriptioncost': {
    body: GetSecondMarketDataSubscriptionCost
    answer: SecondMarketDataSubscriptionCostResponse
  }
  'GET user/item': { query: ItemQuery; answer: User }
  'GET user/items': { query: ItemsQuery; answer: User[] }
  'GET user/list': { answer: User[] }
  'POST user/modifycredentials': { body: ModifyCredentials; answer: AccessTokenResponse }
  'POST user/modifyemailaddress': { body: ModifyEmailAddress; answer: UserStatusMessage }
  'POST user/modifypassword': { body: ModifyPassword; answer: AccessTokenResponse }
  'POST user/opendemoaccount': { body: OpenDemoAccount; answer: OpenDemoAccountResponse }
  'POST user/requesttradingpermission': { body: RequestTradingPermission; answer: TradingPermissionResponse }
  'POST user/revoketradingpermission': { body: RevokeTradingPermission; answer: TradingPermissionResponse }
  'POST user/revoketradingpermissions': { body: RevokeTradingPermissions; answer: SimpleResponse }
  'POST user/signuporganizationmember': { body: SignUpOrganizationMember; answer: SignUpResponse }
  'GET user/suggest': { query: SuggestQuery; answer: User[] }
  'POST user/syncrequest': { body: SyncRequest; answer: SyncMessage }
  'POST userPlugin/addentitlementsubscription': {
    body: AddEntitlementSubscription
    answer: EntitlementSubscriptionResponse
  }
  'POST userPlugin/changepluginpermission': { body: ChangePluginPermission; answer: SimpleResponse }
  'POST userPlugin/create': { body: UserPluginBody; answer: UserPlugin }
  'GET userPlugin/deps': { query: DepsQuery; answer: UserPlugin[] }
  'GET userPlugin/item': { query: ItemQuery; answer: UserPlugin }
  'GET userPlugin/items': { query: ItemsQuery; answer: UserPlugin[] }
  'GET userPlugin/ldeps': { query: LdepsQuery; answer: UserPlugin[] }
  'GET userPlugin/list': { answer: UserPlugin[] }
  'POST userPlugin/update': { body: UserPluginBody; answer: UserPlugin }
  'GET userProperty/deps': { query: DepsQuery; answer: UserProperty[] }
  'GET userProperty/item': { query: ItemQuery; answer: UserProperty }
  'GET userProperty/items': { query: ItemsQuery; answer: UserProperty[] }
  'GET userProperty/ldeps': { query: LdepsQuery; answer: UserProperty[] }
  'GET userSession/item': { query: ItemQuery; answer: UserSession }
  'GET userSession/items': { query: ItemsQuery; answer: UserSession[] }
  'GET userSessionStats/deps': { query: DepsQuery; answer: UserSessionStats[] }
  'GET userSessionStats/item': { query: ItemQuery; answer: UserSessionStats }
  'GET userSessionStats/items': { query: ItemsQuery; answer: UserSessionStats[] }
  'GET userSessionStats/ldeps': { query: LdepsQuery; answer: UserSessionStats[] }
  'GET userSessionStats/list': { answer: UserSessionStats[] }
  'POST fundTransaction/checkstripefundingeligibility': {
    body: CheckStripeFundingEligibility
    answer: CheckStripeFundingEligibilityResponse
  }
  'POST chat/closechat': { body: CloseChat; answer: ChatResponse }
  'GET chat/deps': { query: DepsQuery; answer: Chat[] }
  'GET chat/item': { query: ItemQuery; answer: Chat }
  'GET chat/items': { query: ItemsQuery; answer: Chat[] }
  'GET chat/ldeps': { query: LdepsQuery; answer: Chat[] }
  'GET chat/list': { answer: Chat[] }
  'POST chat/markasreadchatmessage': { body: MarkAsReadChatMessage; answer: ChatMessageResponse }
  'POST chat/postchatmessage': { body: PostChatMessage; answer: ChatMessageResponse }
  'GET chatMessage/deps': { query: DepsQuery; answer: ChatMessage[] }
  'GET chatMessage/item': { query: ItemQuery; answer: ChatMessage }
  'GET chatMessage/items': { query: ItemsQuery; answer: ChatMessage[] }
  'GET chatMessage/ldeps': { query: LdepsQuery; answer: ChatMessage[] }
}

/** The paths that Tradovate documents for POST, and that clients call by GET as well. */
export type PathOfBothVerbs = 'cashBalance/getcashbalancesnapshot'

/** What every `…/deps` asks for. */
export interface DepsQuery {
  /** Of the entity that the wanted ones belong to. */
  masterid: number
}

/** What every `…/find` asks for. */
export interface FindQuery {
  /** Of the entity that is wanted. */
  name: string
}

/** What every `…/item` asks for. */
export interface ItemQuery {
  /** Of the entity that is wanted; `NOT_FOUND` if there is none. */
  id: number
}

/** What every `…/items` asks for. */
export interface ItemsQuery {
  /** About ten a call: more may be answered by `NOT_FOUND`. Perhaps fewer entities come back, in any order. */
  ids: readonly number[]
}

/** What every `…/ldeps` asks for. */
export interface LdepsQuery {
  /** Of the entities that the wanted ones belong to. */
  masterids: readonly number[]
}

/** What every `…/suggest` asks for. */
export interface SuggestQuery {
  /** The text to look for. */
  t: string
  /** At most so many; an integer. */
  l: number
}

/** What `commandReport/deps` asks for. */
export interface CommandReportDepsQuery {
  /** The id of the command, not of the order: see `command/deps`. */
  masterid: number
}

/** What `executionReport/deps` asks for. */
export interface ExecutionReportDepsQuery {
  /** The id of the command, not of the order: see `command/deps`. */
  masterid: number
}

export interface AcceptTradingPermission {
  tradingPermissionId: number
}

export type AccessTokenRequest = Credentials

/** Tradovate's answer to a token request or a renewal. Times are ISO 8601, and may lack seconds. */
export interface AccessTokenResponse {
  errorText?: string
  /** Never empty. */
  accessToken: string
  /** In the future, by Tradovate's clock. ISO 8601. */
  expirationTime: string
  /** ISO 8601. */
  passwordExpirationTime?: string
  userStatus?: UserStatus
  userId?: number
  name?: string
  hasLive?: boolean
  /** For market data. */
  mdAccessToken?: string
  /** From purpose to host name: where to call from now on. */
  apiHosts?: Record<string, string>
  [field: string]: unknown
}

/** An account. */
export interface Account {
  /** What other calls take as `accountId`. Live and demo have ids of their own. */
  id: number
  name: string
  /** The owner at the broker; on prop-firm accounts the firm. Not who logged in. */
  userId: number
  accountType: AccountType
  /** Whether the account is active; an older field, still sent. */
  active?: boolean
  clearingHouseId?: number
  riskCategoryId?: number
  autoLiqProfileId?: number
  marginAccountType?: MarginAccountType
  legalStatus?: LegalStatus
  /** ISO 8601. */
  timestamp?: string
  evaluationSize?: number
  readonly?: boolean
  ccEmail?: string
  restricted?: boolean
  closed?: boolean
  archived?: boolean
  futuresDisabled?: boolean
  swapEnabled?: boolean
  spotMarginEnabled?: boolean
  ssfRiskDisclosureAcknowledgment?: boolean
  nickname?: string
  [field: string]: unknown
}

export interface AccountRiskStatus {
  id: number
  adminAction?: AdminAction
  /** ISO 8601. */
  adminTimestamp?: string
  /** ISO 8601. */
  liquidateOnly?: string
  userTriggeredLiqOnly?: boolean
  [field: string]: unknown
}

export interface AccountRiskStatusResponse {
  errorText?: string
  accountRiskStatus?: AccountRiskStatus
  [field: string]: unknown
}

export interface ActivateSecondMarketDataSubscriptionRenewal {
  secondMarketDataSubscriptionId: number
}

export interface AddEntitlementSubscription {
  entitlementId: number
  creditCardId?: number | undefined
  accountId?: number | undefined
  userId?: number | undefined
}

export interface AddMarketDataSubscription {
  marketDataSubscriptionPlanIds: readonly number[]
  /** An integer. */
  year: number
  /** An integer. */
  month: number
  creditCardId?: number | undefined
  accountId?: number | undefined
  userId?: number | undefined
}

export interface AddSecondMarketDataSubscription {
  /** An integer. */
  year: number
  /** An integer. */
  month: number
  creditCardId?: number | undefined
  accountId?: number | undefined
  userId?: number | undefined
}

export interface AddTradovateSubscription {
  tradovateSubscriptionPlanId: number
  creditCardId?: number | undefined
  accountId?: number | undefined
  userId?: number | undefined
}

export interface AdminAlert {
  id: number
  name: string
  /** ISO 8601. */
  timestamp: string
  [field: string]: unknown
}

export interface AdminAlertSignal {
  id: number
  /** ISO 8601. */
  timestamp: string
  adminAlertId: number
  relatedToAccountId?: number
  relatedToUserId?: number
  ownedByAdminId?: number
  /** ISO 8601. */
  completed?: string
  text: string
  emailSent: boolean
  subjectId: number
  [field: string]: unknown
}

export interface AdminAlertSignalResponse {
  errorText?: string
  adminAlertSignal?: AdminAlertSignal
  [field: string]: unknown
}

export interface Alert {
  id: number
  /** ISO 8601. */
  timestamp: string
  userId: number
  status: AlertStatus
  expression: string
  /** ISO 8601. */
  validUntil?: string
  triggerLimits?: number
  triggeredCounter?: number
  failure?: string
  message?: string
  [field: string]: unknown
}

export interface AlertResponse {
  errorText?: string
  alert?: Alert
  [field: string]: unknown
}

export interface AlertSignal {
  id: number
  /** ISO 8601. */
  timestamp: string
  alertId: number
  isRead: boolean
  text: string
  [field: string]: unknown
}

export interface CancelEverything {
  userIds: readonly number[]
  tradovateSubscriptions?: boolean | undefined
  tradingPermissions?: boolean | undefined
  userPlugins?: boolean | undefined
  marketDataSubscriptions?: boolean | undefined
}

export interface CancelEverythingResponse {
  tradovateSubscriptionIds: number[]
  tradingPermissionIds: number[]
  userPluginIds: number[]
  marketDataSubscriptionIds: number[]
  [field: string]: unknown
}

export interface CancelOrder {
  orderId: number
  /** A name of your own, by which `command/list` shows it. At most 64 characters. */
  clOrdId?: string | undefined
  /** ISO 8601. */
  activationTime?: string | undefined
  /** At most 64 characters. */
  customTag50?: string | undefined
  /** Whether a program gives the order, and no person. */
  isAutomated?: boolean | undefined
}

export interface CancelSecondMarketDataSubscription {
  secondMarketDataSubscriptionId: number
}

export interface CancelSecondMarketDataSubscriptionRenewal {
  secondMarketDataSubscriptionId: number
}

export interface CancelTradovateSubscription {
  tradovateSubscriptionId: number
  /** At most 8192 characters. */
  cancelReason?: string | undefined
  expire?: boolean | undefined
}

export interface CashBalance {
  id: number
  accountId: number
  /** ISO 8601. */
  timestamp: string
  tradeDate: TradeDate
  currencyId: number
  amount: number
  realizedPnL?: number
  weekRealizedPnL?: number
  amountSOD?: number
  [field: string]: unknown
}

export interface CashBalanceLog {
  id: number
  accountId: number
  /** ISO 8601. */
  timestamp: string
  tradeDate: TradeDate
  currencyId: number
  amount: number
  realizedPnL?: number
  weekRealizedPnL?: number
  cashChangeType: CashChangeType
  fillPairId?: number
  fillId?: number
  fundTransactionId?: number
  comment?: string
  delta: number
  senderId?: number
  [field: string]: unknown
}

/** An account's balances at one moment. */
export interface CashBalanceSnapshot {
  errorText?: string
  totalCashValue?: number
  totalPnL?: number
  initialMargin?: number
  maintenanceMargin?: number
  netLiq?: number
  openPnL?: number
  realizedPnL?: number
  weekRealizedPnL?: number
  [field: string]: unknown
}

export interface ChangePluginPermission {
  userId?: number | undefined
  /** At most 64 characters. */
  pluginName: string
  approval: boolean
}

export interface ChangeSpeed {
  /** An integer. */
  speed: number
}

export interface Chat {
  id: number
  userId: number
  /** ISO 8601. */
  timestamp: string
  category: ChatCategory
  assignedSupportId?: number
  closedById?: number
  /** ISO 8601. */
  closeTimestamp?: string
  /** ISO 8601. */
  updatedTimestamp?: string
  [field: string]: unknown
}

export interface ChatMessage {
  id: number
  /** ISO 8601. */
  timestamp: string
  chatId: number
  senderId: number
  senderName?: string
  text: string
  readStatus: boolean
  [field: string]: unknown
}

export interface ChatMessageResponse {
  errorText?: string
  chatMessage?: ChatMessage
  [field: string]: unknown
}

export interface ChatResponse {
  errorText?: string
  chat?: Chat
  [field: string]: unknown
}

export interface CheckReplaySession {
  /** ISO 8601. */
  startTimestamp: string
}

export interface CheckReplaySessionResponse {
  checkStatus: CheckStatus
  /** ISO 8601. */
  startTimestamp?: string
  [field: string]: unknown
}

export interface CheckStripeFundingEligibility {
  accountId: number
  amount?: number | undefined
  currencyId: number
}

export interface CheckStripeFundingEligibilityResponse {
  errorText?: string
  minimumAmount?: number
  maximumAmount?: number
  [field: string]: unknown
}

export interface ClearingHouse {
  id: number
  name: string
  [field: string]: unknown
}

export interface CloseChat {
  chatId: number
}

/** What was asked for an order: to place, to modify or to cancel it. */
export interface Command {
  id: number
  orderId: number
  /** ISO 8601. */
  timestamp: string
  /** The name that its caller gave to it. */
  clOrdId?: string
  commandType: CommandType
  commandStatus: CommandStatus
  senderId?: number
  userSessionId?: number
  /** ISO 8601. */
  activationTime?: string
  customTag50?: string
  isAutomated?: boolean
  [field: string]: unknown
}

export interface CommandReport {
  id: number
  commandId: number
  /** ISO 8601. */
  timestamp: string
  commandStatus: CommandStatus
  rejectReason?: RejectReason
  text?: string
  /** How the order stands, such as `Working`, `Filled` or `Rejected`. */
  ordStatus?: OrdStatus
  [field: string]: unknown
}

export interface CommandResult {
  /** Why it was refused: `request` rejects then, so that only `session.fetch` shows it. `Success` is no refusal. */
  failureReason?: RejectReason
  /** The same in words. */
  failureText?: string
  commandId?: number
  [field: string]: unknown
}

export interface CompleteAlertSignal {
  adminAlertSignalId: number
}

export interface ContactInfo {
  id: number
  userId: number
  firstName: string
  lastName: string
  streetAddress1: string
  streetAddress2?: string
  city: string
  state?: string
  postCode?: string
  country: string
  phone: string
  mailingIsDifferent?: boolean
  mailingStreetAddress1?: string
  mailingStreetAddress2?: string
  mailingCity?: string
  mailingState?: string
  mailingPostCode?: string
  mailingCountry?: string
  jointFirstName?: string
  jointLastName?: string
  iraCustodianName?: string
  [field: string]: unknown
}

/** What is traded: a product with its expiration, such as ESZ6. */
export interface Contract {
  id: number
  name: string
  contractMaturityId: number
  [field: string]: unknown
}

export interface ContractGroup {
  id: number
  name: string
  [field: string]: unknown
}

export interface ContractMargin {
  id: number
  initialMargin: number
  maintenanceMargin: number
  /** ISO 8601. */
  timestamp: string
  [field: string]: unknown
}

export interface ContractMaturity {
  id: number
  productId: number
  expirationMonth: number
  /** ISO 8601. */
  expirationDate: string
  /** ISO 8601. */
  firstIntentDate?: string
  underlyingId?: number
  isFront: boolean
  [field: string]: unknown
}

export interface CreateAlert {
  /** At most 4096 characters. */
  expression: string
  /** ISO 8601. */
  validUntil?: string | undefined
  /** An integer. */
  triggerLimits?: number | undefined
  /** At most 256 characters. */
  message?: string | undefined
}

export interface CreateEvaluationAccountResponse {
  errorText?: string
  accountId?: number
  tradingPermissionId?: number
  [field: string]: unknown
}

export interface CreateEvaluationAccounts {
  /** At most 100. */
  accounts: readonly EvaluationAccount[]
}

export interface CreateEvaluationAccountsResponse {
  errorText?: string
  results: CreateEvaluationAccountResponse[]
  [field: string]: unknown
}

export interface CreateEvaluationUserResponse {
  errorText?: string
  userId?: number
  [field: string]: unknown
}

export interface CreateEvaluationUsers {
  /** At most 100. */
  users: readonly EvaluationUser[]
}

export interface CreateEvaluationUsersResponse {
  errorText?: string
  results: CreateEvaluationUserResponse[]
  [field: string]: unknown
}

export interface CreateTradingPermission {
  accountId: number
  userId: number
}

export interface Currency {
  id: number
  name: string
  symbol?: string
  [field: string]: unknown
}

export interface CurrencyRate {
  id: number
  /** ISO 8601. */
  timestamp: string
  rate: number
  [field: string]: unknown
}

export interface DeleteAlert {
  alertId: number
}

export interface DeleteResultResponse {
  errorText?: string
  success?: boolean
  [field: string]: unknown
}

export interface DeleteUserAccountPositionLimit {
  userAccountPositionLimitId: number
}

export interface DeleteUserAccountRiskParameter {
  userAccountRiskParameterId: number
}

export interface DismissAlert {
  alertId: number
}

export interface Entitlement {
  id: number
  title: string
  price: number
  startDate?: TradeDate
  discontinuedDate?: TradeDate
  name: string
  duration?: number
  durationUnits?: DurationUnits
  autorenewal?: boolean
  [field: string]: unknown
}

export interface EntitlementSubscriptionResponse {
  errorText?: string
  errorCode?: SubscriptionErrorCode
  entitlementSubscription?: UserPlugin
  [field: string]: unknown
}

export interface EvaluationAccount {
  userId: number
  templateAccountId: number
  /** At most 64 characters. */
  name: string
  initialBalance: number
  preTradeRisk?: readonly PreTradeRisk[] | undefined
  postTradeRisk?: PostTradeRisk | undefined
}

export interface EvaluationUser {
  /** At most 64 characters. */
  name: string
  /** At most 64 characters. */
  email: string
  /** At most 64 characters. */
  password: string
  /** At most 64 characters. */
  firstName: string
  /** At most 64 characters. */
  lastName: string
  tradovateSubscriptionPlanId?: number | undefined
  entitlementIds?: readonly number[] | undefined
}

export interface Exchange {
  id: number
  name: string
  [field: string]: unknown
}

export interface ExecutionReport {
  id: number
  commandId: number
  name: string
  accountId: number
  contractId: number
  /** ISO 8601. */
  timestamp: string
  tradeDate?: TradeDate
  orderId: number
  execType: ExecType
  execRefId?: string
  /** How the order stands, such as `Working`, `Filled` or `Rejected`. */
  ordStatus?: OrdStatus
  action: OrderAction
  /** How much of the order is filled so far. */
  cumQty?: number
  /** The average price of what is filled so far. */
  avgPx?: number
  lastQty?: number
  lastPx?: number
  rejectReason?: RejectReason
  text?: string
  exchangeOrderId?: string
  [field: string]: unknown
}

/** One execution of an order. */
export interface Fill {
  id: number
  orderId: number
  contractId: number
  /** ISO 8601. */
  timestamp: string
  tradeDate: TradeDate
  action: OrderAction
  qty: number
  price: number
  active: boolean
  finallyPaired: number
  [field: string]: unknown
}

export interface FillFee {
  id: number
  clearingFee?: number
  clearingCurrencyId?: number
  exchangeFee?: number
  exchangeCurrencyId?: number
  nfaFee?: number
  nfaCurrencyId?: number
  brokerageFee?: number
  brokerageCurrencyId?: number
  ipFee?: number
  ipCurrencyId?: number
  commission?: number
  commissionCurrencyId?: number
  orderRoutingFee?: number
  orderRoutingCurrencyId?: number
  [field: string]: unknown
}

export interface FillPair {
  id: number
  positionId: number
  buyFillId: number
  sellFillId: number
  qty: number
  buyPrice: number
  sellPrice: number
  active: boolean
  [field: string]: unknown
}

export interface GetAccountTradingPermissions {
  accountId: number
}

export interface GetCashBalanceSnapshot {
  accountId: number
}

export interface GetProductFeeParams {
  productIds: readonly number[]
}

export interface GetSecondMarketDataSubscriptionCost {
  /** An integer. */
  year: number
  /** An integer. */
  month: number
  userId?: number | undefined
}

export interface InitializeClock {
  /** ISO 8601. */
  startTimestamp: string
  /** An integer. */
  speed: number
  initialBalance?: number | undefined
}

export interface InterruptOrderStrategy {
  orderStrategyId: number
}

export interface LiquidatePosition {
  accountId: number
  contractId: number
  admin: boolean
  /** At most 64 characters. */
  customTag50?: string | undefined
}

export interface LiquidatePositions {
  /** At most 100. */
  positions: readonly number[]
  admin: boolean
  /** At most 64 characters. */
  customTag50?: string | undefined
}

export interface MarginSnapshot {
  id: number
  /** ISO 8601. */
  timestamp: string
  riskTimePeriodId: number
  initialMargin: number
  maintenanceMargin: number
  autoLiqLevel?: number
  liqOnlyLevel?: number
  totalUsedMargin: number
  fullInitialMargin: number
  positionMargin: number
  [field: string]: unknown
}

export interface MarkAsReadChatMessage {
  chatMessageId: number
}

export interface MarkReadAlertSignal {
  alertId: number
  alertSignalId: number
}

export interface MarketDataSubscription {
  id: number
  userId: number
  /** ISO 8601. */
  timestamp: string
  planPrice: number
  creditCardTransactionId?: number
  cashBalanceLogId?: number
  creditCardId?: number
  accountId?: number
  marketDataSubscriptionPlanId: number
  year: number
  month: number
  expired: boolean
  renewalCreditCardId?: number
  renewalAccountId?: number
  [field: string]: unknown
}

/** {@link MarketDataSubscription}, as it is sent. */
export interface MarketDataSubscriptionBody {
  id?: number | undefined
  userId: number
  /** ISO 8601. */
  timestamp: string
  planPrice: number
  creditCardTransactionId?: number | undefined
  cashBalanceLogId?: number | undefined
  creditCardId?: number | undefined
  accountId?: number | undefined
  marketDataSubscriptionPlanId: number
  /** An integer. */
  year: number
  /** An integer. */
  month: number
  expired: boolean
  renewalCreditCardId?: number | undefined
  renewalAccountId?: number | undefined
}

export interface MarketDataSubscriptionExchangeScope {
  id: number
  name: string
  bundleOf?: string
  [field: string]: unknown
}

export interface MarketDataSubscriptionPlan {
  id: number
  name: string
  title: string
  price: number
  startDate?: TradeDate
  discontinuedDate?: TradeDate
  exchangeScopeId: number
  dataType: MarketDataType
  professional: ProfessionalStatus
  tooltip?: string
  [field: string]: unknown
}

export interface MarketDataSubscriptionResponse {
  errorText?: string
  errorCode?: SubscriptionErrorCode
  marketDataSubscription?: MarketDataSubscription
  [field: string]: unknown
}

export interface ModifyAlert {
  alertId: number
  /** At most 4096 characters. */
  expression: string
  /** ISO 8601. */
  validUntil?: string | undefined
  /** An integer. */
  triggerLimits?: number | undefined
  /** At most 256 characters. */
  message?: string | undefined
}

export interface ModifyCredentials {
  userId?: number | undefined
  /** At most 64 characters. */
  name: string
  /** At most 64 characters. */
  password: string
  /** At most 64 characters. */
  currentPassword: string
}

export interface ModifyEmailAddress {
  userId?: number | undefined
  /** At most 64 characters. */
  email: string
}

export interface ModifyOrder {
  orderId: number
  /** A name of your own, by which `command/list` shows it. At most 64 characters. */
  clOrdId?: string | undefined
  /** An integer. */
  orderQty: number
  /** Says which of `price` and `stopPrice` the order has. */
  orderType: OrderType
  /** The limit price: of `Limit` and `StopLimit`. */
  price?: number | undefined
  /** The stop price: of `Stop` and `StopLimit`. */
  stopPrice?: number | undefined
  /** An integer. */
  maxShow?: number | undefined
  pegDifference?: number | undefined
  /** How long the order stays open. */
  timeInForce?: TimeInForce | undefined
  /** ISO 8601. */
  expireTime?: string | undefined
  /** At most 64 characters. */
  text?: string | undefined
  /** ISO 8601. */
  activationTime?: string | undefined
  /** At most 64 characters. */
  customTag50?: string | undefined
  /** Whether a program gives the order, and no person. */
  isAutomated?: boolean | undefined
}

export interface ModifyOrderStrategy {
  orderStrategyId: number
  /** At most 1024 characters. */
  command: string
  /** At most 64 characters. */
  customTag50?: string | undefined
}

export interface ModifyPassword {
  userId?: number | undefined
  /** At most 64 characters. */
  password: string
  /** At most 64 characters. */
  currentPassword: string
}

export interface OAuthMeResponse {
  errorText?: string
  userId?: number
  name?: string
  fullName?: string
  email?: string
  emailVerified?: boolean
  isTrial?: boolean
  organizationName?: string
  [field: string]: unknown
}

export interface OAuthToken {
  /** At most 64 characters. */
  grant_type: string
  /** At most 8192 characters. */
  code: string
  /** At most 8192 characters. */
  redirect_uri: string
  /** At most 8192 characters. */
  client_id?: string | undefined
  /** At most 8192 characters. */
  client_secret?: string | undefined
  /** At most 8192 characters. */
  httpAuth?: string | undefined
}

export interface OAuthTokenResponse {
  access_token?: string
  token_type?: string
  /** Seconds. */
  expires_in?: number
  error?: string
  error_description?: string
  refresh_token?: string
  id_token?: string
  apiHosts?: Record<string, string>
  [field: string]: unknown
}

export interface OpenDemoAccount {
  templateAccountId?: number | undefined
  /** At most 64 characters. */
  name?: string | undefined
  initialBalance?: number | undefined
  defaultAutoLiq?: PostTradeRisk | undefined
  preTradeRisk?: readonly PreTradeRisk[] | undefined
}

export interface OpenDemoAccountResponse {
  errorText?: string
  accountId?: number
  [field: string]: unknown
}

/** An order. Its quantity, type and prices are in its {@link OrderVersion}. */
export interface Order {
  id: number
  accountId: number
  contractId?: number
  spreadDefinitionId?: number
  /** ISO 8601. */
  timestamp: string
  action: OrderAction
  /** How the order stands, such as `Working`, `Filled` or `Rejected`. */
  ordStatus: OrdStatus
  executionProviderId?: number
  ocoId?: number
  parentId?: number
  linkedId?: number
  admin: boolean
  [field: string]: unknown
}

export interface OrderStrategy {
  id: number
  accountId: number
  /** ISO 8601. */
  timestamp: string
  contractId: number
  orderStrategyTypeId: number
  initiatorId?: number
  action: OrderAction
  params?: string
  uuid?: string
  status: OrderStrategyStatus
  failureMessage?: string
  senderId?: number
  customTag50?: string
  userSessionId?: number
  [field: string]: unknown
}

export interface OrderStrategyLink {
  id: number
  orderStrategyId: number
  orderId: number
  label: string
  [field: string]: unknown
}

export interface OrderStrategyStatusResponse {
  errorText?: string
  orderStrategy?: OrderStrategy
  [field: string]: unknown
}

export interface OrderStrategyType {
  id: number
  name: string
  enabled: boolean
  [field: string]: unknown
}

/** What an order asks for: its quantity, type and prices. */
export interface OrderVersion {
  id: number
  orderId: number
  orderQty: number
  /** Says which of `price` and `stopPrice` the order has. */
  orderType: OrderType
  price?: number
  stopPrice?: number
  maxShow?: number
  pegDifference?: number
  /** How long the order stays open. */
  timeInForce?: TimeInForce
  /** ISO 8601. */
  expireTime?: string
  text?: string
  [field: string]: unknown
}

export interface Organization {
  id: number
  name: string
  [field: string]: unknown
}

export interface PermissionedAccountAutoLiq {
  id: number
  marginPercentageAlert?: number
  dailyLossPercentageAlert?: number
  dailyLossAlert?: number
  marginPercentageLiqOnly?: number
  dailyLossPercentageLiqOnly?: number
  dailyLossLiqOnly?: number
  marginPercentageAutoLiq?: number
  dailyLossPercentageAutoLiq?: number
  dailyLossAutoLiq?: number
  weeklyLossAutoLiq?: number
  dailyProfitAutoLiq?: number
  weeklyProfitAutoLiq?: number
  [field: string]: unknown
}

/** Two orders of which one cancels the other. */
export interface PlaceOCO {
  /** The account's name: this or `accountId`. At most 64 characters. */
  accountSpec?: string | undefined
  /** This or `accountSpec`. */
  accountId?: number | undefined
  /** A name of your own, by which `command/list` shows it. At most 64 characters. */
  clOrdId?: string | undefined
  action: OrderAction
  /** A contract's name. At most 64 characters. */
  symbol: string
  /** An integer. */
  orderQty: number
  /** Says which of `price` and `stopPrice` the order has. */
  orderType: OrderType
  /** The limit price: of `Limit` and `StopLimit`. */
  price?: number | undefined
  /** The stop price: of `Stop` and `StopLimit`. */
  stopPrice?: number | undefined
  /** An integer. */
  maxShow?: number | undefined
  pegDifference?: number | undefined
  /** How long the order stays open. */
  timeInForce?: TimeInForce | undefined
  /** ISO 8601. */
  expireTime?: string | undefined
  /** At most 64 characters. */
  text?: string | undefined
  /** ISO 8601. */
  activationTime?: string | undefined
  /** At most 64 characters. */
  customTag50?: string | undefined
  /** Whether a program gives the order, and no person. */
  isAutomated?: boolean | undefined
  other: RestrainedOrderVersion
}

/** An order that, once filled, places one or two others. */
export interface PlaceOSO {
  /** The account's name: this or `accountId`. At most 64 characters. */
  accountSpec?: string | undefined
  /** This or `accountSpec`. */
  accountId?: number | undefined
  /** A name of your own, by which `command/list` shows it. At most 64 characters. */
  clOrdId?: string | undefined
  action: OrderAction
  /** A contract's name. At most 64 characters. */
  symbol: string
  /** An integer. */
  orderQty: number
  /** Says which of `price` and `stopPrice` the order has. */
  orderType: OrderType
  /** The limit price: of `Limit` and `StopLimit`. */
  price?: number | undefined
  /** The stop price: of `Stop` and `StopLimit`. */
  stopPrice?: number | undefined
  /** An integer. */
  maxShow?: number | undefined
  pegDifference?: number | undefined
  /** How long the order stays open. */
  timeInForce?: TimeInForce | undefined
  /** ISO 8601. */
  expireTime?: string | undefined
  /** At most 64 characters. */
  text?: string | undefined
  /** ISO 8601. */
  activationTime?: string | undefined
  /** At most 64 characters. */
  customTag50?: string | undefined
  /** Whether a program gives the order, and no person. */
  isAutomated?: boolean | undefined
  bracket1: RestrainedOrderVersion
  bracket2?: RestrainedOrderVersion | undefined
}

export interface PlaceOcoResult {
  /** Why it was refused: `request` rejects then, so that only `session.fetch` shows it. `Success` is no refusal. */
  failureReason?: RejectReason
  /** The same in words. */
  failureText?: string
  /** Tradovate has taken the order. The exchange may still reject it: see `order/item`. */
  orderId?: number
  ocoId?: number
  [field: string]: unknown
}

/** A new order. It needs `accountId` or `accountSpec`. */
export interface PlaceOrder {
  /** The account's name: this or `accountId`. At most 64 characters. */
  accountSpec?: string | undefined
  /** This or `accountSpec`. */
  accountId?: number | undefined
  /** A name of your own, by which `command/list` shows it. At most 64 characters. */
  clOrdId?: string | undefined
  action: OrderAction
  /** A contract's name. At most 64 characters. */
  symbol: string
  /** An integer. */
  orderQty: number
  /** Says which of `price` and `stopPrice` the order has. */
  orderType: OrderType
  /** The limit price: of `Limit` and `StopLimit`. */
  price?: number | undefined
  /** The stop price: of `Stop` and `StopLimit`. */
  stopPrice?: number | undefined
  /** An integer. */
  maxShow?: number | undefined
  pegDifference?: number | undefined
  /** How long the order stays open. */
  timeInForce?: TimeInForce | undefined
  /** ISO 8601. */
  expireTime?: string | undefined
  /** At most 64 characters. */
  text?: string | undefined
  /** ISO 8601. */
  activationTime?: string | undefined
  /** At most 64 characters. */
  customTag50?: string | undefined
  /** Whether a program gives the order, and no person. */
  isAutomated?: boolean | undefined
}

export interface PlaceOrderResult {
  /** Why it was refused: `request` rejects then, so that only `session.fetch` shows it. `Success` is no refusal. */
  failureReason?: RejectReason
  /** The same in words. */
  failureText?: string
  /** Tradovate has taken the order. The exchange may still reject it: see `order/item`. */
  orderId?: number
  [field: string]: unknown
}

export interface PlaceOsoResult {
  /** Why it was refused: `request` rejects then, so that only `session.fetch` shows it. `Success` is no refusal. */
  failureReason?: RejectReason
  /** The same in words. */
  failureText?: string
  /** Tradovate has taken the order. The exchange may still reject it: see `order/item`. */
  orderId?: number
  oso1Id?: number
  oso2Id?: number
  [field: string]: unknown
}

/** What an account holds of a contract. */
export interface Position {
  id: number
  accountId: number
  contractId: number
  /** ISO 8601. */
  timestamp: string
  tradeDate: TradeDate
  /** The net position in contracts: above 0 long, below 0 short. */
  netPos: number
  netPrice?: number
  bought: number
  boughtValue: number
  sold: number
  soldValue: number
  prevPos: number
  prevPrice?: number
  [field: string]: unknown
}

export interface PostChatMessage {
  userId?: number | undefined
  category: ChatCategory
  /** At most 1024 characters. */
  text: string
}

export interface PostTradeRisk {
  marginPercentageAlert?: number | undefined
  dailyLossPercentageAlert?: number | undefined
  dailyLossAlert?: number | undefined
  marginPercentageLiqOnly?: number | undefined
  dailyLossPercentageLiqOnly?: number | undefined
  dailyLossLiqOnly?: number | undefined
  marginPercentageAutoLiq?: number | undefined
  dailyLossPercentageAutoLiq?: number | undefined
  dailyLossAutoLiq?: number | undefined
  weeklyLossAutoLiq?: number | undefined
  /** ISO 8601. */
  flattenTimestamp?: string | undefined
  trailingMaxDrawdown?: number | undefined
  trailingMaxDrawdownLimit?: number | undefined
  trailingMaxDrawdownMode?: TrailingMaxDrawdownMode | undefined
  dailyProfitAutoLiq?: number | undefined
  weeklyProfitAutoLiq?: number | undefined
  doNotUnlock?: boolean | undefined
}

export interface PreTradeRisk {
  contractId?: number | undefined
  productId?: number | undefined
  exchangeId?: number | undefined
  productType?: ProductType | undefined
  riskDiscountContractGroupId?: number | undefined
  productVerificationStatus?: ProductStatus | undefined
  contractGroupId?: number | undefined
  active: boolean
  riskTimePeriodId?: number | undefined
  totalBy: TotalBy
  /** An integer. */
  shortLimit?: number | undefined
  /** An integer. */
  longLimit?: number | undefined
  /** An integer. */
  exposedLimit?: number | undefined
  /** At most 64 characters. */
  description?: string | undefined
  /** At most 10. */
  parameters: readonly PreTradeRiskParameter[]
}

export interface PreTradeRiskParameter {
  contractId?: number | undefined
  productId?: number | undefined
  exchangeId?: number | undefined
  productType?: ProductType | undefined
  riskDiscountContractGroupId?: number | undefined
  productVerificationStatus?: ProductStatus | undefined
  contractGroupId?: number | undefined
  /** An integer. */
  maxOpeningOrderQty?: number | undefined
  /** An integer. */
  maxClosingOrderQty?: number | undefined
  /** An integer. */
  maxBackMonth?: number | undefined
  /** An integer. */
  preExpirationDays?: number | undefined
  marginPercentage?: number | undefined
  marginDollarValue?: number | undefined
  hardLimit?: boolean | undefined
}

/** What contracts are made of, such as ES. */
export interface Product {
  id: number
  name: string
  currencyId: number
  productType: ProductType
  description: string
  exchangeId: number
  contractGroupId: number
  riskDiscountContractGroupId?: number
  status: ProductStatus
  months?: string
  isSecured?: boolean
  /** What a whole point of its price is worth. */
  valuePerPoint: number
  priceFormatType: PriceFormatType
  priceFormat: number
  /** The size of a tick, the least step of its price. */
  tickSize: number
  [field: string]: unknown
}

export interface ProductFeeParams {
  clearingFee?: number
  clearingCurrencyId?: number
  exchangeFee?: number
  exchangeCurrencyId?: number
  nfaFee?: number
  nfaCurrencyId?: number
  brokerageFee?: number
  brokerageCurrencyId?: number
  ipFee?: number
  ipCurrencyId?: number
  commission?: number
  commissionCurrencyId?: number
  orderRoutingFee?: number
  orderRoutingCurrencyId?: number
  productId: number
  dayMargin?: number
  nightMargin?: number
  fullMargin?: ProductMargin
  [field: string]: unknown
}

export interface ProductFeeParamsResponse {
  params: ProductFeeParams[]
  [field: string]: unknown
}

export interface ProductMargin {
  id: number
  initialMargin: number
  maintenanceMargin: number
  /** ISO 8601. */
  timestamp: string
  [field: string]: unknown
}

export interface ProductSession {
  id: number
  openTime: TradeTime
  startTime: TradeTime
  stopTime: TradeTime
  closeTime: TradeTime
  sundayOpenTime?: TradeTime
  [field: string]: unknown
}

export interface Property {
  id: number
  name: string
  propertyType: PropertyType
  enumOptions?: string
  defaultValue?: string
  [field: string]: unknown
}

export interface RequestTradingPermission {
  accountId: number
  /** At most 64 characters. */
  ctaContact: string
  /** At most 64 characters. */
  ctaEmail: string
}

export interface ResetAlert {
  alertId: number
}

export interface ResetAutoLiqStatus {
  accountId: number
}

export interface ResetDemoAccountState {
  accountIds: readonly number[]
  resetTradeDate: TradeDateBody
}

export interface RestrainedOrderVersion {
  action: OrderAction
  /** A name of your own, by which `command/list` shows it. At most 64 characters. */
  clOrdId?: string | undefined
  /** Says which of `price` and `stopPrice` the order has. */
  orderType: OrderType
  /** The limit price: of `Limit` and `StopLimit`. */
  price?: number | undefined
  /** The stop price: of `Stop` and `StopLimit`. */
  stopPrice?: number | undefined
  /** An integer. */
  maxShow?: number | undefined
  pegDifference?: number | undefined
  /** How long the order stays open. */
  timeInForce?: TimeInForce | undefined
  /** ISO 8601. */
  expireTime?: string | undefined
  /** At most 64 characters. */
  text?: string | undefined
}

export interface RevokeTradingPermission {
  tradingPermissionId: number
}

export interface RevokeTradingPermissions {
  tradingPermissionIds: readonly number[]
}

export interface RollContract {
  /** At most 64 characters. */
  name: string
  forward: boolean
  ifExpired?: boolean | undefined
}

export interface RollContractBase {
  /** At most 64 characters. */
  name: string
  forward: boolean
  ifExpired?: boolean | undefined
}

export interface RollContractResponse {
  errorText?: string
  contract?: Contract
  [field: string]: unknown
}

export interface RollContracts {
  rollContracts: readonly RollContractBase[]
}

export interface RollContractsResponse {
  errorText?: string
  contracts: Record<string, unknown>
  [field: string]: unknown
}

export interface SecondMarketDataSubscription {
  id: number
  userId: number
  /** ISO 8601. */
  timestamp: string
  year: number
  month: number
  cancelledRenewal?: boolean
  /** ISO 8601. */
  cancellationTimestamp?: string
  [field: string]: unknown
}

export interface SecondMarketDataSubscriptionCostResponse {
  errorText?: string
  monthlyCost?: number
  [field: string]: unknown
}

export interface SecondMarketDataSubscriptionResponse {
  errorText?: string
  errorCode?: SubscriptionErrorCode
  secondMarketDataSubscription?: SecondMarketDataSubscription
  [field: string]: unknown
}

export interface SetAccountNotes {
  accountId: number
}

export interface SetAdminAutoLiqAction {
  accountId: number
  adminAction: AdminAction
  adminActionReasonCode: AdminActionReasonCode
  /** At most 8192 characters. */
  adminActionReason?: string | undefined
}

export interface SignUpOrganizationMember {
  /** At most 64 characters. */
  name: string
  /** At most 64 characters. */
  email: string
  /** At most 64 characters. */
  password: string
  /** At most 64 characters. */
  firstName: string
  /** At most 64 characters. */
  lastName: string
  tradovateSubscriptionPlanId?: number | undefined
  entitlementIds?: readonly number[] | undefined
}

export interface SignUpResponse {
  errorText?: string
  errorCode: SignUpErrorCode
  userId?: number
  emailVerified: boolean
  [field: string]: unknown
}

export interface SimpleResponse {
  errorText?: string
  ok: boolean
  [field: string]: unknown
}

export interface SpreadDefinition {
  id: number
  /** ISO 8601. */
  timestamp: string
  spreadType: SpreadType
  uds: boolean
  [field: string]: unknown
}

export interface StartOrderStrategy {
  /** This or `accountSpec`. */
  accountId?: number | undefined
  /** The account's name: this or `accountId`. At most 64 characters. */
  accountSpec?: string | undefined
  /** A contract's name. At most 64 characters. */
  symbol: string
  orderStrategyTypeId: number
  action: OrderAction
  /** At most 8192 characters. */
  params?: string | undefined
  /** At most 64 characters. */
  uuid?: string | undefined
  /** At most 64 characters. */
  customTag50?: string | undefined
}

/** The whole state of the users and accounts that were asked for. */
export interface SyncMessage {
  users: User[]
  accounts?: Account[]
  accountRiskStatuses?: AccountRiskStatus[]
  marginSnapshots?: MarginSnapshot[]
  userAccountAutoLiqs?: UserAccountAutoLiq[]
  cashBalances?: CashBalance[]
  currencies?: Currency[]
  positions?: Position[]
  fillPairs?: FillPair[]
  orders?: Order[]
  contracts?: Contract[]
  contractMaturities?: ContractMaturity[]
  products?: Product[]
  exchanges?: Exchange[]
  spreadDefinitions?: SpreadDefinition[]
  commands?: Command[]
  commandReports?: CommandReport[]
  executionReports?: ExecutionReport[]
  orderVersions?: OrderVersion[]
  fills?: Fill[]
  orderStrategies?: OrderStrategy[]
  orderStrategyLinks?: OrderStrategyLink[]
  userProperties?: UserProperty[]
  properties?: Property[]
  userPlugins?: UserPlugin[]
  contractGroups: ContractGroup[]
  orderStrategyTypes?: OrderStrategyType[]
  [field: string]: unknown
}

/** Of use over a WebSocket, where changes follow the answer. */
export interface SyncRequest {
  users?: readonly number[] | undefined
  accounts?: readonly number[] | undefined
  /** For large answers. */
  splitResponses?: boolean | undefined
  /** Name those that are wanted: it may default to none. */
  entityTypes?: readonly string[] | undefined
}

export interface TakeAlertSignalOwnership {
  adminAlertSignalId: number
}

/** A day of trading. */
export interface TradeDate {
  year: number
  month: number
  day: number
  [field: string]: unknown
}

/** {@link TradeDate}, as it is sent. */
export interface TradeDateBody {
  /** An integer. */
  year: number
  /** An integer. */
  month: number
  /** An integer. */
  day: number
}

/** A time of day. */
export interface TradeTime {
  hour: number
  minute: number
  [field: string]: unknown
}

export interface TradingPermission {
  id: number
  userId: number
  accountId: number
  accountHolderContact: string
  accountHolderEmail: string
  ctaContact: string
  ctaEmail: string
  status: TradingPermissionStatus
  /** ISO 8601. */
  updated?: string
  approvedById?: number
  [field: string]: unknown
}

export interface TradingPermissionResponse {
  errorText?: string
  tradingPermission?: TradingPermission
  [field: string]: unknown
}

export interface TradingPermissionsResponse {
  tradingPermissions: TradingPermission[]
  [field: string]: unknown
}

export interface TradovateSubscription {
  id: number
  userId: number
  /** ISO 8601. */
  timestamp: string
  planPrice: number
  creditCardTransactionId?: number
  cashBalanceLogId?: number
  creditCardId?: number
  accountId?: number
  tradovateSubscriptionPlanId: number
  startDate: TradeDate
  expirationDate: TradeDate
  paidAmount: number
  cancelledRenewal?: boolean
  cancelReason?: string
  [field: string]: unknown
}

/** {@link TradovateSubscription}, as it is sent. */
export interface TradovateSubscriptionBody {
  id?: number | undefined
  userId: number
  /** ISO 8601. */
  timestamp: string
  planPrice: number
  creditCardTransactionId?: number | undefined
  cashBalanceLogId?: number | undefined
  creditCardId?: number | undefined
  accountId?: number | undefined
  tradovateSubscriptionPlanId: number
  startDate: TradeDateBody
  expirationDate: TradeDateBody
  paidAmount: number
  cancelledRenewal?: boolean | undefined
  /** At most 8192 characters. */
  cancelReason?: string | undefined
}

export interface TradovateSubscriptionPlan {
  id: number
  name: string
  title: string
  price: number
  startDate?: TradeDate
  discontinuedDate?: TradeDate
  category: string
  trial: boolean
  duration: number
  durationUnits: DurationUnits
  riskCategoryId?: number
  multipleAccounts?: boolean
  organizationId?: number
  replaySessions?: number
  footnote?: string
  simOnly?: boolean
  [field: string]: unknown
}

export interface TradovateSubscriptionResponse {
  errorText?: string
  errorCode?: SubscriptionErrorCode
  tradovateSubscription?: TradovateSubscription
  [field: string]: unknown
}

export interface UpdateMaxNetLiq {
  accountId: number
  maxNetLiq: number
}

export interface UpdateUserAutoLiq {
  accountId: number
  asOwner?: boolean | undefined
  marginPercentageAlert?: number | undefined
  dailyLossPercentageAlert?: number | undefined
  dailyLossAlert?: number | undefined
  marginPercentageLiqOnly?: number | undefined
  dailyLossPercentageLiqOnly?: number | undefined
  dailyLossLiqOnly?: number | undefined
  marginPercentageAutoLiq?: number | undefined
  dailyLossPercentageAutoLiq?: number | undefined
  dailyLossAutoLiq?: number | undefined
  weeklyLossAutoLiq?: number | undefined
  /** ISO 8601. */
  flattenTimestamp?: string | undefined
  trailingMaxDrawdown?: number | undefined
  trailingMaxDrawdownLimit?: number | undefined
  trailingMaxDrawdownMode?: TrailingMaxDrawdownMode | undefined
  dailyProfitAutoLiq?: number | undefined
  weeklyProfitAutoLiq?: number | undefined
  doNotUnlock?: boolean | undefined
}

export interface UpdateUserAutoLiqResponse {
  errorText?: string
  userAccountAutoLiq?: UserAccountAutoLiq
  permissionedAccountAutoLiq?: PermissionedAccountAutoLiq
  [field: string]: unknown
}

export interface User {
  id: number
  name: string
  /** ISO 8601. */
  timestamp: string
  email: string
  status: UserStatus
  professional: boolean
  organizationId?: number
  introducingPartnerId?: number
  [field: string]: unknown
}

export interface UserAccountAutoLiq {
  id: number
  changesLocked?: boolean
  marginPercentageAlert?: number
  dailyLossPercentageAlert?: number
  dailyLossAlert?: number
  marginPercentageLiqOnly?: number
  dailyLossPercentageLiqOnly?: number
  dailyLossLiqOnly?: number
  marginPercentageAutoLiq?: number
  dailyLossPercentageAutoLiq?: number
  dailyLossAutoLiq?: number
  weeklyLossAutoLiq?: number
  /** ISO 8601. */
  flattenTimestamp?: string
  trailingMaxDrawdown?: number
  trailingMaxDrawdownLimit?: number
  trailingMaxDrawdownMode?: TrailingMaxDrawdownMode
  dailyProfitAutoLiq?: number
  weeklyProfitAutoLiq?: number
  doNotUnlock?: boolean
  [field: string]: unknown
}

/** {@link UserAccountAutoLiq}, as it is sent. */
export interface UserAccountAutoLiqBody {
  id?: number | undefined
  changesLocked?: boolean | undefined
  marginPercentageAlert?: number | undefined
  dailyLossPercentageAlert?: number | undefined
  dailyLossAlert?: number | undefined
  marginPercentageLiqOnly?: number | undefined
  dailyLossPercentageLiqOnly?: number | undefined
  dailyLossLiqOnly?: number | undefined
  marginPercentageAutoLiq?: number | undefined
  dailyLossPercentageAutoLiq?: number | undefined
  dailyLossAutoLiq?: number | undefined
  weeklyLossAutoLiq?: number | undefined
  /** ISO 8601. */
  flattenTimestamp?: string | undefined
  trailingMaxDrawdown?: number | undefined
  trailingMaxDrawdownLimit?: number | undefined
  trailingMaxDrawdownMode?: TrailingMaxDrawdownMode | undefined
  dailyProfitAutoLiq?: number | undefined
  weeklyProfitAutoLiq?: number | undefined
  doNotUnlock?: boolean | undefined
}

export interface UserAccountPositionLimit {
  id: number
  contractId?: number
  productId?: number
  exchangeId?: number
  productType?: ProductType
  riskDiscountContractGroupId?: number
  productVerificationStatus?: ProductStatus
  contractGroupId?: number
  active: boolean
  riskTimePeriodId?: number
  totalBy: TotalBy
  shortLimit?: number
  longLimit?: number
  exposedLimit?: number
  description?: string
  accountId: number
  [field: string]: unknown
}

/** {@link UserAccountPositionLimit}, as it is sent. */
export interface UserAccountPositionLimitBody {
  id?: number | undefined
  contractId?: number | undefined
  productId?: number | undefined
  exchangeId?: number | undefined
  productType?: ProductType | undefined
  riskDiscountContractGroupId?: number | undefined
  productVerificationStatus?: ProductStatus | undefined
  contractGroupId?: number | undefined
  active: boolean
  riskTimePeriodId?: number | undefined
  totalBy: TotalBy
  /** An integer. */
  shortLimit?: number | undefined
  /** An integer. */
  longLimit?: number | undefined
  /** An integer. */
  exposedLimit?: number | undefined
  /** At most 64 characters. */
  description?: string | undefined
  accountId: number
}

export interface UserAccountRiskParameter {
  id: number
  contractId?: number
  productId?: number
  exchangeId?: number
  productType?: ProductType
  riskDiscountContractGroupId?: number
  productVerificationStatus?: ProductStatus
  contractGroupId?: number
  maxOpeningOrderQty?: number
  maxClosingOrderQty?: number
  maxBackMonth?: number
  preExpirationDays?: number
  marginPercentage?: number
  marginDollarValue?: number
  hardLimit?: boolean
  userAccountPositionLimitId: number
  [field: string]: unknown
}

/** {@link UserAccountRiskParameter}, as it is sent. */
export interface UserAccountRiskParameterBody {
  id?: number | undefined
  contractId?: number | undefined
  productId?: number | undefined
  exchangeId?: number | undefined
  productType?: ProductType | undefined
  riskDiscountContractGroupId?: number | undefined
  productVerificationStatus?: ProductStatus | undefined
  contractGroupId?: number | undefined
  /** An integer. */
  maxOpeningOrderQty?: number | undefined
  /** An integer. */
  maxClosingOrderQty?: number | undefined
  /** An integer. */
  maxBackMonth?: number | undefined
  /** An integer. */
  preExpirationDays?: number | undefined
  marginPercentage?: number | undefined
  marginDollarValue?: number | undefined
  hardLimit?: boolean | undefined
  userAccountPositionLimitId: number
}

export interface UserPlugin {
  id: number
  userId: number
  /** ISO 8601. */
  timestamp: string
  planPrice: number
  creditCardTransactionId?: number
  cashBalanceLogId?: number
  creditCardId?: number
  accountId?: number
  pluginName: string
  approval: boolean
  entitlementId?: number
  startDate: TradeDate
  expirationDate?: TradeDate
  paidAmount: number
  autorenewal?: boolean
  planCategories?: string
  [field: string]: unknown
}

/** {@link UserPlugin}, as it is sent. */
export interface UserPluginBody {
  id?: number | undefined
  userId: number
  /** ISO 8601. */
  timestamp: string
  planPrice: number
  creditCardTransactionId?: number | undefined
  cashBalanceLogId?: number | undefined
  creditCardId?: number | undefined
  accountId?: number | undefined
  /** At most 64 characters. */
  pluginName: string
  approval: boolean
  entitlementId?: number | undefined
  startDate: TradeDateBody
  expirationDate?: TradeDateBody | undefined
  paidAmount: number
  autorenewal?: boolean | undefined
  /** At most 8192 characters. */
  planCategories?: string | undefined
}

export interface UserProperty {
  id: number
  userId: number
  propertyId: number
  value?: string
  [field: string]: unknown
}

export interface UserSession {
  id: number
  userId: number
  /** ISO 8601. */
  startTime: string
  /** ISO 8601. */
  endTime?: string
  ipAddress?: string
  appId?: string
  appVersion?: string
  clientAppId: number
  [field: string]: unknown
}

export interface UserSessionStats {
  id: number
  /** ISO 8601. */
  lastSessionTime: string
  failedPasswords: number
  [field: string]: unknown
}

export interface UserStatusMessage {
  errorText?: string
  status?: UserStatus
  [field: string]: unknown
}

/** Tradovate adds values now and then. */
export type AccountType = 'Customer' | 'Employee' | 'Giveup' | 'House' | 'Omnibus' | 'Wash' | (string & {})

/** Tradovate adds values now and then. */
export type AdminAction =
  | 'AgreedOnLiqOnlyModeByAutoLiq'
  | 'AgreedOnLiquidationByAutoLiq'
  | 'DisableAutoLiq'
  | 'LiquidateImmediately'
  | 'LiquidateOnlyModeImmediately'
  | 'LockTradingImmediately'
  | 'Normal'
  | 'PlaceAutoLiqOnHold'
  | (string & {})

/** Tradovate adds values now and then. */
export type AdminActionReasonCode =
  | 'CallIn'
  | 'ClosingAccount'
  | 'ComplianceRequest'
  | 'FullBalanceWithdrawal'
  | 'LowLiquidity'
  | 'Other'
  | (string & {})

/** Tradovate adds values now and then. */
export type AlertStatus = 'Active' | 'Expired' | 'Failed' | 'Inactive' | 'TriggeredOut' | (string & {})

/** Tradovate adds values now and then. */
export type CashChangeType =
  | 'AccountClosureFee'
  | 'AddUserFee'
  | 'AutomaticReconciliation'
  | 'BrokerageFee'
  | 'CancelledPairedTrade'
  | 'CashSettlement'
  | 'ClearingFee'
  | 'Commission'
  | 'Courtesy'
  | 'Debit'
  | 'DepositFee'
  | 'DeskFee'
  | 'DormantFee'
  | 'EntitlementSubscription'
  | 'Escheatment'
  | 'ExchangeFee'
  | 'FundTransaction'
  | 'FundTransactionFee'
  | 'GoodwillCredit'
  | 'IPFee'
  | 'InactivityFee'
  | 'LiquidationFee'
  | 'LiquidationFee2'
  | 'ManualAdjustment'
  | 'MarketDataSubscription'
  | 'NewSession'
  | 'NfaFee'
  | 'NsfCheckFee'
  | 'OptionsTrade'
  | 'OrderRoutingFee'
  | 'PROMO'
  | 'RithmicFee'
  | 'SeatLeasePayment'
  | 'StopPaymentFee'
  | 'ThirdPartyFee'
  | 'TradePaired'
  | 'TradovateSubscription'
  | (string & {})

/** Tradovate adds values now and then. */
export type ChatCategory = 'Support' | 'TradeDesk' | (string & {})

/** Tradovate adds values now and then. */
export type CheckStatus = 'Ineligible' | 'OK' | 'StartTimestampAdjusted' | (string & {})

/** Tradovate adds values now and then. */
export type CommandStatus =
  | 'AtExecution'
  | 'ExecutionRejected'
  | 'ExecutionStopped'
  | 'ExecutionSuspended'
  | 'OnHold'
  | 'Pending'
  | 'PendingExecution'
  | 'Replaced'
  | 'RiskPassed'
  | 'RiskRejected'
  | (string & {})

/** Tradovate adds values now and then. */
export type CommandType = 'Cancel' | 'Modify' | 'New' | (string & {})

/** Tradovate adds values now and then. */
export type DurationUnits = 'Lifetime' | 'Month' | 'Quarter' | 'Week' | 'Year' | (string & {})

/** Tradovate adds values now and then. */
export type ExecType =
  | 'Canceled'
  | 'Completed'
  | 'DoneForDay'
  | 'Expired'
  | 'New'
  | 'OrderStatus'
  | 'PendingCancel'
  | 'PendingNew'
  | 'PendingReplace'
  | 'Rejected'
  | 'Replaced'
  | 'Stopped'
  | 'Suspended'
  | 'Trade'
  | 'TradeCancel'
  | 'TradeCorrect'
  | (string & {})

/** Tradovate adds values now and then. */
export type LegalStatus =
  | 'Corporation'
  | 'GP'
  | 'IRA'
  | 'Individual'
  | 'Joint'
  | 'LLC'
  | 'LLP'
  | 'LP'
  | 'PTR'
  | 'Trust'
  | (string & {})

/** Tradovate adds values now and then. */
export type MarginAccountType = 'Hedger' | 'Speculator' | (string & {})

/** Tradovate adds values now and then. */
export type MarketDataType = 'DOM' | 'Top' | (string & {})

/** Tradovate adds values now and then. */
export type OrdStatus =
  | 'Canceled'
  | 'Completed'
  | 'Expired'
  | 'Filled'
  | 'PendingCancel'
  | 'PendingNew'
  | 'PendingReplace'
  | 'Rejected'
  | 'Suspended'
  | 'Unknown'
  | 'Working'
  | (string & {})

/** Tradovate adds values now and then. */
export type OrderAction = 'Buy' | 'Sell' | (string & {})

/** Tradovate adds values now and then. */
export type OrderStrategyStatus =
  | 'ActiveStrategy'
  | 'ExecutionFailed'
  | 'ExecutionFinished'
  | 'ExecutionInterrupted'
  | 'InactiveStrategy'
  | 'NotEnoughLiquidity'
  | 'StoppedByUser'
  | (string & {})

/** Tradovate adds values now and then. */
export type OrderType =
  | 'Limit'
  | 'MIT'
  | 'Market'
  | 'QTS'
  | 'Stop'
  | 'StopLimit'
  | 'TrailingStop'
  | 'TrailingStopLimit'
  | (string & {})

/** Tradovate adds values now and then. */
export type PriceFormatType = 'Decimal' | 'Fractional' | (string & {})

/** Tradovate adds values now and then. */
export type ProductStatus = 'Inactive' | 'Locked' | 'ReadyForContracts' | 'ReadyToTrade' | 'Verified' | (string & {})

/** Tradovate adds values now and then. */
export type ProductType =
  | 'CommonStock'
  | 'Continuous'
  | 'Cryptocurrency'
  | 'Futures'
  | 'MarketInternals'
  | 'Options'
  | 'Spread'
  | (string & {})

/** Tradovate adds values now and then. */
export type ProfessionalStatus = 'Either' | 'NonProfessional' | 'Professional' | (string & {})

/** Tradovate adds values now and then. */
export type PropertyType = 'Boolean' | 'Enum' | 'Integer' | 'String' | (string & {})

/** Tradovate adds values now and then. */
export type RejectReason =
  | 'AccountClosed'
  | 'AdvancedTrailingStopUnsupported'
  | 'AnotherCommandPending'
  | 'BackMonthProhibited'
  | 'ExecutionProviderNotConfigured'
  | 'ExecutionProviderUnavailable'
  | 'InvalidContract'
  | 'InvalidPrice'
  | 'LiquidationOnly'
  | 'LiquidationOnlyBeforeExpiration'
  | 'MaxOrderQtyIsNotSpecified'
  | 'MaxOrderQtyLimitReached'
  | 'MaxPosLimitMisconfigured'
  | 'MaxPosLimitReached'
  | 'MaxTotalPosLimitReached'
  | 'MultipleAccountPlanRequired'
  | 'NoQuote'
  | 'NotEnoughLiquidity'
  | 'OtherExecutionRelated'
  | 'ParentRejected'
  | 'RiskCheckTimeout'
  | 'SessionClosed'
  | 'Success'
  | 'TooLate'
  | 'TradingLocked'
  | 'TrailingStopNonOrderQtyModify'
  | 'Unauthorized'
  | 'UnknownReason'
  | 'Unsupported'
  | (string & {})

/** Tradovate adds values now and then. */
export type SignUpErrorCode =
  | 'DataError'
  | 'EmailAlreadyRegistered'
  | 'EmailPolicyFailed'
  | 'FailedRecaptcha'
  | 'Success'
  | 'UnknownError'
  | 'UserAlreadyExists'
  | 'WeakPassword'
  | 'WrongChallenge'
  | 'WrongChallengeOrigin'
  | (string & {})

/** Tradovate adds values now and then. */
export type SpreadType =
  | 'Bundle'
  | 'BundleSpread'
  | 'Butterfly'
  | 'CalendarSpread'
  | 'Condor'
  | 'Crack'
  | 'DoubleButterfly'
  | 'General'
  | 'IntercommoditySpread'
  | 'LaggedIntercommoditySpread'
  | 'Pack'
  | 'PackButterfly'
  | 'PackSpread'
  | 'ReducedTickCalendarSpread'
  | 'ReverseIntercommoditySpread'
  | 'ReverseSpread'
  | 'Strip'
  | 'TreasuryIntercommoditySpread'
  | (string & {})

/** Tradovate adds values now and then. */
export type SubscriptionErrorCode =
  | 'ConflictWithExisting'
  | 'DowngradeNotAllowed'
  | 'IncompatibleCMEMarketDataSubscriptionPlans'
  | 'IncorrectPaymentMethod'
  | 'InsufficientFunds'
  | 'PaymentProviderError'
  | 'PlanDiscontinued'
  | 'SingleTrialOnly'
  | 'Success'
  | 'UnknownError'
  | (string & {})

/** Tradovate adds values now and then. */
export type TimeInForce = 'Day' | 'FOK' | 'GTC' | 'GTD' | 'IOC' | (string & {})

/** Tradovate adds values now and then. */
export type TotalBy =
  | 'Contract'
  | 'ContractGroup'
  | 'DiscountGroup'
  | 'Exchange'
  | 'Overall'
  | 'Product'
  | 'ProductType'
  | (string & {})

/** Tradovate adds values now and then. */
export type TradingPermissionStatus = 'Accepted' | 'Approved' | 'Declined' | 'Requested' | 'Revoked' | (string & {})

/** Tradovate adds values now and then. */
export type TrailingMaxDrawdownMode = 'EOD' | 'RealTime' | (string & {})

/** Tradovate adds values now and then. */
export type UserStatus = 'Active' | 'Closed' | 'Initiated' | 'TemporaryLocked' | 'UnconfirmedEmail' | (string & {})
