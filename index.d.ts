/// <reference types="node" />
// What `tradovate-session` exports, kept by hand beside index.js; Tradovate's endpoints and entities are made, in endpoints.d.ts.

import { EventEmitter } from 'node:events'
import type {
  AccessTokenResponse,
  Account,
  CashBalanceSnapshot,
  DocumentedEndpoints,
  PathOfBothVerbs,
  RejectReason,
} from './endpoints.js'

export * from './endpoints.js'

// ── The documented examples, one for one ────────────────────────────────────────────────────────────────────────────

/**
 * Asks Tradovate for an access token. Each successful call opens a session at Tradovate, which allows two a user and
 * closes the oldest beyond that: a program that runs for longer than one token uses {@link Session} instead.
 *
 * One HTTP call, `POST auth/accesstokenrequest`, of which nothing is kept. A penalty is an error with `retryAt`.
 *
 * @param credentials Tradovate's own fields; `cid` is sent with the type that it has here.
 * @param options Defaults: the live environment, 30 seconds.
 * @returns Every field of the answer under Tradovate's own name; `accessToken` and `expirationTime` are always there.
 * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an argument cannot work; nothing was sent.
 * @throws {CredentialsError} `ERR_TRADOVATE_CREDENTIALS`, `_EXTRA_FACTOR`, `_ACCOUNT_STATUS`.
 * @throws {SessionError} `ERR_TRADOVATE_UNAUTHORIZED`, `_FORBIDDEN`.
 * @throws {PenaltyError} `ERR_TRADOVATE_PENALTY`, `_CAPTCHA`, `_RATE_LIMITED`, `_LOCKED_OUT`.
 * @throws {NetworkError} `ERR_TRADOVATE_CONNECT`, `_TIMEOUT`, `_HTTP`.
 * @throws {ProtocolError} `ERR_TRADOVATE_PROTOCOL`, `_VIOLATION`, `_NOT_FOUND`, `_REJECTED`.
 * @throws `signal.reason`, as it is, when the signal aborts.
 *
 * @example
 * ```ts
 * import { getAccessToken, getAccounts } from 'tradovate-session'
 *
 * const { accessToken } = await getAccessToken(
 *   { name: 'bot', password: 'secret', appId: 'Sample App', appVersion: '1.0', cid: 0, sec: 'key' },
 *   { environment: 'demo' },
 * )
 * console.log(await getAccounts(accessToken, { environment: 'demo' }))
 * ```
 */
export function getAccessToken(credentials: Credentials, options?: CallOptions): Promise<AccessTokenResponse>

/**
 * Extends the session of a token that has not expired yet; opens no new one.
 *
 * One HTTP call, `GET auth/renewaccesstoken`. Tradovate allows 15 an hour and address, successes included. Use the token
 * of the answer from then on: it may be another one, or the same with a later end.
 *
 * @param accessToken 1 to 8192 visible ASCII characters.
 * @param options Defaults: the live environment, 30 seconds. The environment must be the one that gave the token.
 * @returns Every field of the answer; `mdAccessToken` may be missing, and the old one then stays valid.
 * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an argument cannot work; nothing was sent.
 * @throws {SessionError} `ERR_TRADOVATE_UNAUTHORIZED`, `_FORBIDDEN`: expired, closed, or of another environment.
 * @throws {PenaltyError} `ERR_TRADOVATE_PENALTY`, `_CAPTCHA`, `_RATE_LIMITED`, `_LOCKED_OUT`.
 * @throws {NetworkError} `ERR_TRADOVATE_CONNECT`, `_TIMEOUT`, `_HTTP`.
 * @throws {ProtocolError} `ERR_TRADOVATE_PROTOCOL`, `_VIOLATION`, `_NOT_FOUND`, `_REJECTED`.
 * @throws `signal.reason`, as it is, when the signal aborts.
 *
 * @example
 * ```ts
 * import { renewAccessToken } from 'tradovate-session'
 *
 * async function renewed(old: string): Promise<string> {
 *   const { accessToken, expirationTime } = await renewAccessToken(old)
 *   console.log('good until', new Date(expirationTime))
 *   return accessToken
 * }
 * ```
 */
export function renewAccessToken(accessToken: string, options?: CallOptions): Promise<AccessTokenResponse>

/**
 * Lists the accounts that a token's user can see.
 *
 * One HTTP call, `GET account/list`, not paged. An empty list usually means the wrong environment.
 *
 * @param accessToken 1 to 8192 visible ASCII characters.
 * @param options Defaults: the live environment, 30 seconds. The environment must be the one that gave the token.
 * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an argument cannot work; nothing was sent.
 * @throws {SessionError} `ERR_TRADOVATE_UNAUTHORIZED`, `_FORBIDDEN`.
 * @throws {PenaltyError} `ERR_TRADOVATE_PENALTY`, `_CAPTCHA`, `_RATE_LIMITED`, `_LOCKED_OUT`.
 * @throws {NetworkError} `ERR_TRADOVATE_CONNECT`, `_TIMEOUT`, `_HTTP`.
 * @throws {ProtocolError} `ERR_TRADOVATE_PROTOCOL`, `_VIOLATION`, `_NOT_FOUND`, `_REJECTED`.
 * @throws `signal.reason`, as it is, when the signal aborts.
 */
export function getAccounts(accessToken: string, options?: CallOptions): Promise<Account[]>

/** `live`: real money. `demo`: simulation and prop-firm evaluation. Each has accounts, and ids, of its own. */
export type Environment = 'live' | 'demo'

/**
 * What Tradovate asks for at a login, under its own field names. Any other field is refused, and `undefined` is the same as a
 * field that is not there, here and in every options object of this package.
 *
 * A login with an API key needs all of `name`, `password`, `appId`, `appVersion`, `cid` and `sec` in practice. No field may
 * hold a line break or a null character.
 */
export interface Credentials {
  /** 1 to 64 characters. */
  name: string
  /** 1 to 64 characters. */
  password: string
  /** At most 64 characters. */
  appId?: string | undefined
  /** At most 64 characters. */
  appVersion?: string | undefined
  /** At most 64 characters. Stays the same for a device: live refuses orders from one that it does not know. */
  deviceId?: string | undefined
  /** The API key's id: a safe integer, or a string of at most 64 characters. Sent with the type that it has here. */
  cid?: number | string | undefined
  /** The API key's secret, at most 8192 characters. */
  sec?: string | undefined
}

/** How one call is made. */
export interface CallOptions {
  /** Default `'live'`, as in Tradovate's own examples. */
  environment?: Environment | undefined
  /**
   * Where to call instead of the environment's own host, e.g. a sandbox's `'http://127.0.0.1:4010/v1'`. An absolute URL
   * without credentials, query or fragment; `http:` only on 127.0.0.0/8, `[::1]` and `localhost`.
   */
  baseUrl?: string | undefined
  /** Milliseconds for the whole call, 1 to 2147483647; default 30000. */
  timeoutMs?: number | undefined
  /** Its abort rejects at once with `signal.reason` and drops the request. */
  signal?: AbortSignal | undefined
}

// ── A token that is kept alive ──────────────────────────────────────────────────────────────────────────────────────

export interface Session extends TokenSource {}

/**
 * One login whose token is kept alive: renewed in time, replaced when it is lost, and never asked for more often than
 * Tradovate allows, however many callers there are.
 *
 * It does not keep the process alive, unless `keepProcessAlive` is set, but calls under way do. Printing it or making it
 * JSON shows no token.
 *
 * @example
 * ```ts
 * import { Session } from 'tradovate-session'
 *
 * const session = await Session.open(
 *   { name: 'bot', password: 'secret', appId: 'Sample App', appVersion: '1.0', cid: 0, sec: 'key' },
 *   { environment: 'demo' },
 * )
 * session.on('warning', error => console.warn(error.code, error.message))
 *
 * for (const account of await session.getAccounts()) console.log(account.name)
 * await session.close()
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: a session has every member of TokenSource; the facade's tests call each.
export class Session extends SessionEmitter {
  private constructor()

  /**
   * Opens a session: adopts a stored token that is still good, else logs in. Resolves once a usable token is at hand.
   *
   * Within `timeoutMs` a connection that could not be made is tried again; any answer, and a connection lost after
   * sending, rejects at once. Where a login has failed before, in this or another process, `open` waits for the end of its back-off
   * (5 minutes at most, or what a `Retry-After` asked for) if that is within `timeoutMs`; else it rejects at once with
   * `ERR_TRADOVATE_CONNECT`, the `outcome` `'not-sent'` and the end as `retryAt`. Events of the opening, such as a `warning`, reach
   * listeners that are added right after it.
   *
   * @param credentials The credentials, or a function that gives them; see {@link CredentialsSource}.
   * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an argument cannot work; nothing was sent.
   * @throws {CredentialsError} `ERR_TRADOVATE_CREDENTIALS`, `_EXTRA_FACTOR`, `_ACCOUNT_STATUS`.
   * @throws {PenaltyError} `ERR_TRADOVATE_PENALTY`, `_CAPTCHA`, `_RATE_LIMITED`, `_LOCKED_OUT`, `_LOGIN_BUDGET`,
   * `_QUOTA`.
   * @throws {SessionError} `ERR_TRADOVATE_CONTENDED`, with `retryAt`: see {@link Session.resume}; `_UNAUTHORIZED`, `_FORBIDDEN`.
   * @throws {NetworkError} `ERR_TRADOVATE_CONNECT`, `_TIMEOUT`, `_HTTP`.
   * @throws {ProtocolError} `ERR_TRADOVATE_PROTOCOL`, `_VIOLATION`, `_NOT_FOUND`, `_REJECTED`.
   * @throws {StoreError} `ERR_TRADOVATE_STORE`, `_STORE_MISMATCH`.
   * @throws `signal.reason`, and whatever a credentials function throws, as they are.
   *
   * @example
   * ```ts
   * import { Session } from 'tradovate-session'
   *
   * declare function readSecret(key: string): Promise<string>
   *
   * const session = await Session.open(
   *   async () => ({ name: 'bot', password: await readSecret('tradovate/password') }),
   *   { environment: 'demo', signal: AbortSignal.timeout(10_000) },
   * )
   * ```
   */
  static open(credentials: CredentialsSource, options?: SessionOptions): Promise<Session>

  /**
   * Opens a session with what the environment variables say: `TRADOVATE_NAME`, `TRADOVATE_PASSWORD`, `TRADOVATE_APP_ID`,
   * `TRADOVATE_APP_VERSION`, `TRADOVATE_DEVICE_ID`, `TRADOVATE_CID`, `TRADOVATE_SEC`, `TRADOVATE_ENVIRONMENT` and
   * `TRADOVATE_BASE_URL`.
   *
   * The name and the password are required; an empty variable counts as unset. A `TRADOVATE_CID` of decimal digits is
   * sent as a number, any other as a string. Options given here win over the variables.
   *
   * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: names the variable that is missing or cannot work; nothing was sent.
   * @throws The same as {@link Session.open}.
   *
   * @example
   * ```ts
   * import { Session } from 'tradovate-session'
   *
   * const session = await Session.fromEnvironment({ keepProcessAlive: true })
   * ```
   */
  static fromEnvironment(options?: SessionOptions): Promise<Session>

  /**
   * Opens a session with a person's word, as {@link Session.resume} takes it: for a login that {@link Session.open} refuses to
   * try. It is what `tradovate-session resume` does, for a tool that a person uses. A bot that starts with it would break what
   * protects its login: each start may cost a login.
   *
   * @throws The same as {@link Session.open}.
   *
   * @example
   * ```ts
   * import { Session } from 'tradovate-session'
   *
   * // Somebody has clicked "The captcha is solved".
   * const session = await Session.openResumed({ name: 'bot', password: 'secret', appId: 'Sample App', cid: 0, sec: 'key' })
   * await session.close() // the bots of this login take the token from the store
   * ```
   */
  static openResumed(credentials: CredentialsSource, options?: SessionOptions): Promise<Session>

  /**
   * Renews the token now, whatever the clock says. Concurrent callers share one renewal. It ends once the token is stored, or five
   * seconds after a store hangs.
   *
   * @returns The new token, which `session.accessToken` gives as well from then on. Where Tradovate grants another one that lives
   * no longer, it is that, and a `warning` says so.
   * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an option cannot work.
   * @throws {PenaltyError} `ERR_TRADOVATE_QUOTA`: more renewals than Tradovate would bear, with `retryAt`; also
   * `_PENALTY`, `_CAPTCHA`, `_RATE_LIMITED`, `_LOCKED_OUT`, `_LOGIN_BUDGET`.
   * @throws {SessionError} `ERR_TRADOVATE_EXPIRED`, `_EVICTED`, `_CONTENDED`, `_CLOSED`, `_UNAUTHORIZED`, `_FORBIDDEN`.
   * @throws {CredentialsError} `ERR_TRADOVATE_CREDENTIALS`, `_EXTRA_FACTOR`, `_ACCOUNT_STATUS`, when it took a login.
   * @throws {NetworkError} `ERR_TRADOVATE_CONNECT`, `_TIMEOUT`, `_HTTP`.
   * @throws {ProtocolError} `ERR_TRADOVATE_PROTOCOL`, `_VIOLATION`, `_NOT_FOUND`, `_REJECTED`.
   * @throws {StoreError} `ERR_TRADOVATE_STORE`, `_STORE_MISMATCH`.
   * @throws `signal.reason`, and whatever a credentials function throws, as they are.
   */
  renew(options?: WaitOptions): Promise<AccessToken>

  /**
   * Takes a person's word that what they were asked to do is done: the other program is stopped, the captcha solved on the web
   * site, the account unlocked, the credentials mended. `error.needsPerson` tells that somebody is asked.
   *
   * It ends `contended`, a captcha's hour and the refusal of credentials, for all sessions of this login that use the same
   * store, in whatever process, and tries once, at once, what is due. What an API key was seen not to be allowed is looked at anew.
   * Limits that are Tradovate's own stay: a 429, a 423, a penalty's time,
   * and the hourly quotas with `maxLogins`. So does an eviction with `onEviction: 'stop'` (`_EVICTED`): the session is the other
   * login's until you open a new one. Called where nothing is wrong it does nothing. Do not call it in a loop: each call
   * may cost one login, and a captcha that was not solved starts its hour anew. `tradovate-session resume` is the same from a
   * shell, for a bot that runs or starts.
   *
   * @returns Once there is a usable token.
   * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an option cannot work.
   * @throws The same as {@link Session.open}, if it is not done after all; and {@link SessionError} `_EVICTED`, with nothing sent,
   * and `_CLOSED`.
   *
   * @example
   * ```ts
   * import { createInterface } from 'node:readline/promises'
   * import { Session } from 'tradovate-session'
   *
   * const session = await Session.fromEnvironment()
   * session.on('status', async ({ state, reason }) => {
   *   if (state !== 'contended') return
   *   const terminal = createInterface(process.stdin, process.stdout)
   *   await terminal.question(`${reason?.message} Press Enter when it is stopped.`)
   *   terminal.close()
   *   await session.resume()
   * })
   * ```
   */
  resume(options?: WaitOptions): Promise<void>

  /**
   * Hands this session's token to the other processes of the same user, which take it with {@link connect}, or by a few
   * HTTP calls from any language (`docs/token-service.md` of this package). It is served off the event loop, whatever your own code is at.
   *
   * No credentials, no login and no forced renewal pass over it. An open service keeps the process alive, as an HTTP server
   * does, until it or the session is closed.
   *
   * @param options A Unix socket in a folder that only this user can enter (it is made, if it is missing), or a port of
   * 127.0.0.1 with a file for the secret that goes with it, which each service makes anew. Or what {@link bindService} gave.
   * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an option cannot work, or a file that holds something else is at `secretFile`.
   * @throws {ServiceError} `ERR_TRADOVATE_SERVICE`: another live service or program has the address, or it cannot be had;
   * `_SERVICE_MISMATCH`: others than this user could reach the socket.
   * @throws {SessionError} `ERR_TRADOVATE_CLOSED`.
   *
   * @example
   * ```ts
   * import { Session } from 'tradovate-session'
   *
   * const session = await Session.fromEnvironment({ environment: 'demo' })
   * const service = await session.serve({ socketPath: '/run/user/1000/tradovate/token.sock', metricsPort: 9464 })
   * process.once('SIGTERM', () => session.close()) // and the service with it
   * ```
   */
  serve(options: ServeOptions | BoundAddress): Promise<TokenService>
}

/** The fields of {@link Credentials} by which a stored token is found. */
export type LoginIdentity = Pick<Credentials, 'name' | 'appId' | 'cid'>

/** A {@link SessionStatus} as the store tells it, without the counts of a session. */
export type StoredStatus = Omit<SessionStatus, 'logins' | 'renewals' | 'adoptions' | 'failures' | 'address' | 'budget'>

/**
 * Tells how a login stands by what its store says, for a monitor: without a session, a lease or any call to Tradovate. It does
 * not tell whether a process keeps the token alive.
 *
 * @param login Whose: `name`, `appId` and `cid`, as the session has them. Whole credentials will do; nothing else of them is used.
 * @param options Those of the session. Only `environment`, `baseUrl`, `store` and `signal` count.
 * @returns Undefined if nothing is stored for this login.
 * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an argument cannot work.
 * @throws {StoreError} `ERR_TRADOVATE_STORE`, `_STORE_MISMATCH`; also where the default folder cannot be used.
 * @throws `signal.reason`, as it is, when the signal aborts.
 *
 * @example
 * ```ts
 * import { storedStatus } from 'tradovate-session'
 *
 * const status = await storedStatus({ name: 'bot', appId: 'Sample App', cid: 0 }, { environment: 'demo' })
 * if (!status?.expiresAt) console.error(`no good token: ${status?.reason?.message ?? 'nothing is stored'}`)
 * ```
 */
export function storedStatus(login: LoginIdentity, options?: SessionOptions): Promise<StoredStatus | undefined>

// ── One token for many processes ────────────────────────────────────────────────────────────────────────────────────

/**
 * Takes an address for a token service before there is a session: one that is taken is then found out before a login is spent,
 * however often a supervisor restarts the program. {@link Session.serve} serves at it.
 *
 * @param options The same as for {@link Session.serve}.
 * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an option cannot work, or a file that holds something else is at `secretFile`.
 * @throws {ServiceError} `ERR_TRADOVATE_SERVICE`, `_SERVICE_MISMATCH`: see {@link Session.serve}.
 *
 * @example
 * ```ts
 * import { bindService, Session } from 'tradovate-session'
 *
 * await using bound = await bindService({ socketPath: '/run/user/1000/tradovate/token.sock' })
 * await using session = await Session.fromEnvironment()
 * await session.serve(bound)
 * ```
 */
export function bindService(options: ServeOptions): Promise<BoundAddress>

/** An address for one token service to come. {@link bindService} makes it. It does not keep the process alive. */
export interface BoundAddress extends AsyncDisposable {
  /** Gives the address up, and ends the service that serves at it. The same promise each time. */
  close(): Promise<void>
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): PromiseLike<void>
}

/**
 * Takes the token of a {@link TokenService}: the identical one, kept up to date, without any credentials. Calls go to
 * Tradovate directly.
 *
 * A service that is not there, or has no token for the moment, is asked again, as long as another try can end before
 * `timeoutMs`. Later an outage of the service costs nothing as long as the token lives, and no login: a dependent cannot log in or renew. A token that
 * Tradovate refuses is reported, and the service finds out whether the session still lives.
 *
 * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: an option cannot work.
 * @throws {ServiceError} `ERR_TRADOVATE_SERVICE`: no service answers, or not as one;
 * `_SERVICE_MISMATCH`: it serves another environment or user than `options` want, or socket or secret are not this user's
 * alone.
 * @throws {NetworkError} `ERR_TRADOVATE_TIMEOUT`: a service is there, and does not answer within `timeoutMs`.
 * @throws What keeps the service from having a token, such as {@link SessionError} `_CONTENDED` or {@link PenaltyError}
 * `_CAPTCHA`.
 * @throws `signal.reason`, as it is, when the signal aborts.
 *
 * @example
 * ```ts
 * import { connect } from 'tradovate-session'
 *
 * const client = await connect({ socketPath: '/run/user/1000/tradovate/token.sock', environment: 'demo' })
 * client.on('token', token => console.log(`token ${token.generation}`))
 * for (const account of await client.getAccounts()) console.log(account.name)
 * ```
 */
export function connect(options: ConnectOptions): Promise<TokenClient>

export interface TokenClient extends TokenSource {}

/**
 * A dependent: a token from a token service. {@link connect} makes it.
 *
 * In its status `adoptions` counts the tokens that it has taken, `logins` and `renewals` stay 0, and `degraded` means that
 * the service cannot be reached. If the service turns to another environment or user, nothing of it is used: every call
 * throws `ERR_TRADOVATE_SERVICE_MISMATCH` until it turns back. It does not keep the process alive, but its calls do.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: a client has every member of TokenSource; the service's tests call each.
export class TokenClient extends SessionEmitter {
  private constructor()
}

/** A private Unix socket, or a port of 127.0.0.1 with the file of its secret. */
export type ServiceAddress =
  | {
      /** At most about 100 bytes. Not on Windows. Socket and folder must be this user's alone: 0600 in 0700. */
      socketPath: string
    }
  | {
      /** To serve at: 0 for any free one. */
      port: number
      /**
       * Must be this user's alone: 0600. To serve at: made anew. A file that is there is replaced only if it is empty or was left by
       * a killed service; any other one is refused with `ERR_TRADOVATE_CONFIG`, and is not touched.
       */
      secretFile: string
    }

/** Where a token is served. */
export type ServeOptions = ServiceAddress & {
  /** A port of 127.0.0.1 for `GET /metrics`, Prometheus' text; 0 for any free one. Default: none. */
  metricsPort?: number | undefined
}

/** Where a token is taken, and whose. */
export type ConnectOptions = ServiceAddress & {
  /** The only environment that is taken; default: that of the first token. */
  environment?: Environment | undefined
  /** The only user whose token is taken; default: that of the first token. */
  userId?: number | undefined
  /** Milliseconds for connecting, and the default for each later wait; 1 to 2147483647, default 30000. */
  timeoutMs?: number | undefined
  /** Whether a connection is kept ready for the hosts that this client calls, as with a session; default true. */
  keepWarm?: boolean | undefined
  /** Gives up connecting: rejects at once with `signal.reason`. Of no effect afterwards. */
  signal?: AbortSignal | undefined
}

/** A token that is handed to other processes. {@link Session.serve} makes it. */
export interface TokenService extends AsyncDisposable {
  /** Where it is reached, with the whole path and the port that was free. */
  readonly address: ServiceAddress
  /** The port for metrics, if there is one. */
  readonly metricsPort: number | undefined
  /** How many dependents wait for the next token now; between two polls of 60 s one of them is missing for a moment. 0 once closed. */
  readonly dependents: number
  /** Ends it and every connection, and removes its socket or secret. The session goes on. The same promise each time. */
  close(): Promise<void>
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): PromiseLike<void>
}

// ── Token and calls: what a session and a dependent have in common ───────────────────────────────────────────────────

/**
 * What a bot needs, wherever its token comes from.
 *
 * Every method takes {@link WaitOptions} last. A method that waits rejects with `ERR_TRADOVATE_CONFIG` ({@link ConfigError})
 * for an argument that cannot work, before anything is sent; with `ERR_TRADOVATE_CLOSED` ({@link SessionError}) after
 * `close()`; with `ERR_TRADOVATE_TIMEOUT` ({@link NetworkError}) after `timeoutMs`; and with `signal.reason`, as it is.
 * Those that call an endpoint also reject with:
 * {@link SessionError} `_EXPIRED`, `_EVICTED`, `_CONTENDED`, `_UNAUTHORIZED`, `_FORBIDDEN`;
 * {@link PenaltyError} `_PENALTY`, `_CAPTCHA`, `_RATE_LIMITED`, `_LOCKED_OUT`, `_LOGIN_BUDGET`, `_QUOTA`;
 * {@link CredentialsError} `_CREDENTIALS`, `_EXTRA_FACTOR`, `_ACCOUNT_STATUS`, when it took a login;
 * {@link NetworkError} `_CONNECT`, `_HTTP`;
 * {@link ProtocolError} `_PROTOCOL`, `_VIOLATION`, `_NOT_FOUND`, `_REJECTED`.
 * Every such error has an {@link TradovateError.outcome | outcome}: whether the call was sent, and answered.
 */
export interface TokenSource extends AsyncDisposable {
  /**
   * The current token, without waiting or any I/O. Read it anew for each use: it changes with each renewal, also while your
   * own code computes and no event can be heard. It agrees with `status()` and `getAccessToken()` at any instant.
   *
   * @throws What {@link TokenSource.getAccessToken} rejects with when no token can be had, with the same `retryAt`:
   * {@link SessionError} `ERR_TRADOVATE_EXPIRED`, its `cause` the last failure; `_EVICTED`, `_CONTENDED`, `_CLOSED`;
   * {@link ServiceError} `ERR_TRADOVATE_SERVICE_MISMATCH`; what a credentials function threw.
   */
  readonly accessToken: string

  /**
   * The current token for market data, or undefined if Tradovate gave none.
   *
   * @throws As {@link TokenSource.accessToken}.
   */
  readonly mdAccessToken: string | undefined

  /**
   * A token good for at least a minute more (a tenth of its life, if that is shorter); waits only if the present one is
   * not.
   *
   * @returns A frozen object; the same one until the token changes.
   * @throws {SessionError} `ERR_TRADOVATE_EXPIRED` with none to be had before the timeout, its `cause` the last failure, whose
   * `retryAt` and `needsPerson` it has; `_EVICTED`, `_CONTENDED`, `_CLOSED`.
   * @throws {ServiceError} `ERR_TRADOVATE_SERVICE_MISMATCH`, from a {@link TokenClient}.
   * @throws Whatever a credentials function throws, as it is.
   *
   * @example
   * ```ts
   * import type { TokenSource } from 'tradovate-session'
   *
   * async function myPositions(source: TokenSource): Promise<unknown> {
   *   const { accessToken } = await source.getAccessToken({ timeoutMs: 5000 })
   *   const url = `https://${source.host('demo')}/v1/position/list`
   *   const response = await fetch(url, { headers: { Authorization: `Bearer ${accessToken}` } })
   *   return response.json()
   * }
   * ```
   */
  getAccessToken(options?: WaitOptions): Promise<AccessToken>

  /** Lists the accounts that the user can see: `account/list`. An empty list usually means the wrong environment. */
  getAccounts(options?: WaitOptions): Promise<Account[]>

  /**
   * The account with an id: `account/item`.
   *
   * @param id An integer of at least 1.
   * @throws {ProtocolError} `ERR_TRADOVATE_NOT_FOUND` if there is none.
   */
  getAccount(id: number, options?: WaitOptions): Promise<Account>

  /**
   * The accounts with the given ids: `account/items`, ten ids a call and at most four calls at once.
   *
   * @param ids Any number of integers of at least 1; an id given twice is asked for once, `[]` answers `[]` without a call.
   * @param options `timeoutMs` counts for all the calls together.
   * @returns Perhaps fewer than asked for, in any order.
   */
  getAccountsById(ids: number[], options?: WaitOptions): Promise<Account[]>

  /**
   * The account with exactly this name, or undefined: `account/find`.
   *
   * @param name 1 to 64 characters.
   */
  findAccount(name: string, options?: WaitOptions): Promise<Account | undefined>

  /**
   * Accounts whose names start like `text`: `account/suggest`.
   *
   * @param text 1 to 64 characters.
   * @param limit At most so many; an integer of at least 1.
   */
  suggestAccounts(text: string, limit: number, options?: WaitOptions): Promise<Account[]>

  /**
   * The accounts of the given users: `account/deps` for one, `account/ldeps` for more, ten ids a call.
   *
   * @param userIds Integers of at least 1; one given twice is asked for once, `[]` answers `[]` without a call.
   * @param options `timeoutMs` counts for all the calls together.
   */
  getAccountsOfUsers(userIds: number[], options?: WaitOptions): Promise<Account[]>

  /**
   * An account's balances at this moment: `cashBalance/getcashbalancesnapshot`. Not for polling.
   *
   * It is a POST: what is lost on the way is not sent again.
   *
   * @param accountId An integer of at least 1.
   * @throws {ProtocolError} `ERR_TRADOVATE_REJECTED` with Tradovate's `errorText`.
   */
  getCashBalance(accountId: number, options?: WaitOptions): Promise<CashBalanceSnapshot>

  /**
   * Calls any other endpoint with the session's token. A GET is sent again once after a lost token or connection; a POST never
   * is. So a GET of a path that Tradovate documents for POST alone is refused: an order would be placed twice.
   *
   * The compiler knows Tradovate's documented operations ({@link Endpoints}): their paths, what they take and what they answer.
   * Any other is called in the same way and answers `unknown`, or what you say: `request<T>('GET', …)`. With a `T` nothing is
   * checked, of a documented operation neither.
   *
   * An order that Tradovate refuses in words (`failureReason`, `errorText`, HTTP 400) is an error with those words, and no
   * result. So is an answer to an order, its change or its cancellation, or to the start of an order strategy, that has
   * neither the documented id nor a refusal: `ERR_TRADOVATE_PROTOCOL`, `outcome` `'unknown'`.
   * After an error of a POST `error.outcome` tells whether it may be made again.
   *
   * @param path Like `'order/list'`, as Tradovate's document spells it: letters, digits, `-`, `_`, `.` and single `/`; a leading
   * `/` is dropped. Parameters go into `options.query`. The two token endpoints are refused: the session calls them itself.
   * @param options `query` and `body`, as the operation wants them, and the rest of {@link RequestOptions}. It can be left out for an
   * operation that takes neither.
   * @returns The answer's JSON value, or undefined if it had no body. Its type is Tradovate's word or yours, and not checked.
   *
   * @example
   * ```ts
   * import { randomUUID } from 'node:crypto'
   * import { type PlaceOrder, type TokenSource, TradovateError } from 'tradovate-session'
   *
   * async function buyOne(source: TokenSource, accountId: number, symbol: string): Promise<number | undefined> {
   *   const order = { action: 'Buy', symbol, orderQty: 1, orderType: 'Market', isAutomated: true } as const
   *   const body: PlaceOrder = { accountId, clOrdId: randomUUID(), ...order }
   *   try {
   *     const { orderId } = await source.request('POST', 'order/placeorder', { body })
   *     return orderId
   *   } catch (error) {
   *     if (!(error instanceof TradovateError)) throw error
   *     // It may be placed. Look for its clOrdId in `command/list`, before you place another: `docs/orders.md` says how.
   *     if (error.outcome === 'unknown') throw new Error(`Is ${body.clOrdId} placed?`, { cause: error })
   *     console.error(`no order: ${error.code} ${error.message}`)
   *     return undefined
   *   }
   * }
   * ```
   */
  request<T = unknown, Method extends HttpMethod = HttpMethod, Path extends string = string>(
    method: Method,
    path: Path | EndpointPath<Method>,
    options: EndpointOptions<Method, Path>,
  ): Promise<EndpointAnswer<Method, Path, T>>

  /**
   * Calls any other endpoint with the session's token. A GET is sent again once after a lost token or connection; a POST never
   * is. So a GET of a path that Tradovate documents for POST alone is refused: an order would be placed twice.
   *
   * The compiler knows Tradovate's documented operations ({@link Endpoints}): their paths, what they take and what they answer.
   * Any other is called in the same way and answers `unknown`, or what you say: `request<T>('GET', …)`. With a `T` nothing is
   * checked, of a documented operation neither.
   *
   * An order that Tradovate refuses in words (`failureReason`, `errorText`, HTTP 400) is an error with those words, and no
   * result. So is an answer to an order, its change or its cancellation, or to the start of an order strategy, that has
   * neither the documented id nor a refusal: `ERR_TRADOVATE_PROTOCOL`, `outcome` `'unknown'`.
   * After an error of a POST `error.outcome` tells whether it may be made again.
   *
   * @param path Like `'order/list'`, as Tradovate's document spells it: letters, digits, `-`, `_`, `.` and single `/`; a leading
   * `/` is dropped. Parameters go into `options.query`. The two token endpoints are refused: the session calls them itself.
   * @returns The answer's JSON value, or undefined if it had no body. Its type is Tradovate's word or yours, and not checked.
   *
   * @example
   * ```ts
   * import { randomUUID } from 'node:crypto'
   * import { type PlaceOrder, type TokenSource, TradovateError } from 'tradovate-session'
   *
   * async function buyOne(source: TokenSource, accountId: number, symbol: string): Promise<number | undefined> {
   *   const order = { action: 'Buy', symbol, orderQty: 1, orderType: 'Market', isAutomated: true } as const
   *   const body: PlaceOrder = { accountId, clOrdId: randomUUID(), ...order }
   *   try {
   *     const { orderId } = await source.request('POST', 'order/placeorder', { body })
   *     return orderId
   *   } catch (error) {
   *     if (!(error instanceof TradovateError)) throw error
   *     // It may be placed. Look for its clOrdId in `command/list`, before you place another: `docs/orders.md` says how.
   *     if (error.outcome === 'unknown') throw new Error(`Is ${body.clOrdId} placed?`, { cause: error })
   *     console.error(`no order: ${error.code} ${error.message}`)
   *     return undefined
   *   }
   * }
   * ```
   */
  request<T = unknown, Method extends HttpMethod = HttpMethod, Path extends string = string>(
    this: EndpointAlone<Method, Path>,
    method: Method,
    path: Path | EndpointPath<Method>,
  ): Promise<EndpointAnswer<Method, Path, T>>

  /**
   * `fetch` with the session's token and host, for a client that takes one: of openapi-fetch, orval, ky,
   * `@hey-api/openapi-ts`. It needs no `this`: `createClient({ baseUrl, fetch: session.fetch })`.
   *
   * The rules are those of {@link TokenSource.request}: a call waits for a good token, a GET is sent again once after a lost
   * token, a POST never is; a penalty on a GET is waited out within `timeoutMs`, and what stops other calls stops these. But it
   * judges no answer: **whatever Tradovate answered is a `Response`**, a status that says no as well, and a 200 that says
   * that an order was refused (`failureReason`, `errorText`, `violations`) or has to wait (`p-ticket`). It rejects only
   * when there is no answer to give. The ticket of a penalty goes along with the next call after its time: a GET's own gives way to
   * it, and a POST's own goes in its place. A 401 that a GET is answered is, as a rule, the endpoint's own: the key may not do this.
   *
   * Nothing is streamed: when it resolves, the answer is there as a whole, of at most 16 MiB. What a status other than 2xx says
   * is waited for 1 second. `url` is where the call was answered. Cookies and the connection's own headers are left out. A
   * redirect is a `Response`, and not followed.
   *
   * @param input A path, like `'/position/list?name=value'`, with `/v1` before it or without, which goes to the
   * session's environment. Or an absolute URL, or a `Request` with one, below the base URL of a host that serves this
   * environment: `https://demo.tradovateapi.com/v1/position/list`. The first hosts count, those that Tradovate names, and
   * those that {@link TokenSource.host} gave: whichever it is, the call goes to the one that Tradovate has named last for that
   * purpose. The two token endpoints are refused.
   * @param init Of `fetch`'s options it takes these; all others are ignored (`redirect`, `credentials`, `cache`,
   * `dispatcher`, …). `method`: GET, which is the default, or POST; a path that Tradovate documents for POST alone wants POST. `body`: JSON, as text, bytes, a `Blob` or a stream of bytes, at most 1 MiB; it is
   * read whole before anything is sent. `signal`: its abort rejects with its reason; the session's `timeoutMs` counts as
   * well, for the whole call. `headers`: none is sent, since Tradovate has use for none. A `Content-Type` that is not JSON's or
   * plain text's is refused, and so are `Authorization`, `Proxy-Authorization` and `Cookie`: whose call it is, the session
   * says.
   * @throws {ConfigError} `ERR_TRADOVATE_CONFIG`: another URL, method, body or header than these; nothing was sent.
   * @throws {SessionError} `_EXPIRED`, `_EVICTED`, `_CONTENDED`, `_CLOSED`, and {@link PenaltyError} `_PENALTY`, `_CAPTCHA`,
   * `_RATE_LIMITED`, `_LOCKED_OUT`, `_LOGIN_BUDGET`: what keeps a call from being sent.
   * @throws {NetworkError} `ERR_TRADOVATE_CONNECT`, `_TIMEOUT`. `outcome` tells whether it was sent.
   * @throws {ProtocolError} `ERR_TRADOVATE_PROTOCOL`: an answer that is too long, or whose status no `Response` can have.
   * @throws `signal.reason`, and what your own stream fails with, as they are.
   *
   * @example
   * ```ts
   * import { Session } from 'tradovate-session'
   *
   * const { fetch } = await Session.fromEnvironment({ environment: 'demo' })
   * const response = await fetch('/contract/find?name=ESZ6')
   * console.log(response.status, await response.json())
   * ```
   */
  fetch(this: void, input: string | URL | Request, init?: RequestInit): Promise<Response>

  /**
   * The host to use for a purpose, as last told by Tradovate: `'demo.tradovateapi.com'`, or `'127.0.0.1:4010'` for a sandbox.
   *
   * @throws {ConfigError} `ERR_TRADOVATE_CONFIG` for an unknown purpose.
   * @throws {SessionError} `ERR_TRADOVATE_CLOSED` after `close()`.
   */
  host(purpose: HostPurpose): string

  /**
   * What a WebSocket needs: its URL, and the frame that authorises it.
   *
   * `authorize(id)` makes the frame with the token of that moment, the one for market data where the purpose is one of those;
   * `id` is an integer of at least 0, and comes back in the answer.
   *
   * @throws {ConfigError} `ERR_TRADOVATE_CONFIG` for an unknown purpose, and from `authorize` for a bad id.
   * @throws {SessionError} `ERR_TRADOVATE_CLOSED` after `close()`.
   * @throws From `authorize` also what {@link TokenSource.accessToken} throws.
   * @throws {ProtocolError} `ERR_TRADOVATE_PROTOCOL` from `authorize`, when Tradovate gave no token for market data.
   *
   * @example
   * ```ts
   * import type { TokenSource } from 'tradovate-session'
   *
   * interface Socket { send(frame: string): void }
   * declare function connectTo(url: string, opened: (socket: Socket) => void): void
   *
   * function subscribe(source: TokenSource): void {
   *   const { url, authorize } = source.webSocket('mdDemo')
   *   connectTo(url, socket => socket.send(authorize(1)))
   * }
   * ```
   */
  webSocket(purpose: HostPurpose): { url: string; authorize(id: number): string }

  /** How things stand, without waiting or any I/O. After `close()` its state is `'closed'`. */
  status(): SessionStatus

  /**
   * Stops renewing, drops every GET under way, and settles who waits with `ERR_TRADOVATE_CLOSED`; a POST that is under way
   * ends as it would have. A new token that is being stored is waited for, at most five seconds. The session at Tradovate ends with
   * its token: there is no logout. Calling it again gives the same promise.
   */
  close(): Promise<void>

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): PromiseLike<void>
}

// ── Options: how a session is opened and kept, and where its token is stored ─────────────────────────────────────────

/**
 * Credentials, or a function that gives them (e.g. over a secret manager). The function is asked when opening and anew
 * before each later login; what it throws reaches the caller unchanged, and is the `cause` of a `warning` otherwise.
 */
export type CredentialsSource = Credentials | (() => Credentials | Promise<Credentials>)

/** How a session is opened and kept. */
export interface SessionOptions extends Omit<CallOptions, 'signal'> {
  /**
   * Milliseconds for opening, a credentials function included, and the default for each later wait; 1 to 2147483647,
   * default 30000. A login or renewal under way has at least 30000, whoever gives up waiting for it, so that its token is not lost;
   * a process that has nothing else to do ends after it.
   */
  timeoutMs?: number | undefined
  /** Milliseconds before expiry at which to renew, at least 1000; default 15 minutes, at most a quarter of the token's life. */
  renewBeforeMs?: number | undefined
  /**
   * Where the token is kept, and what is known of logins, penalties and refusals. Default: files in the user's state
   * folder, so that restarts and sibling processes share one token; if that folder cannot be used when the session opens, the
   * memory of this process, with a `warning` that says why. A store that is named here and cannot be used is a {@link StoreError}, and
   * nothing is sent.
   */
  store?: StoreOptions | undefined
  /**
   * What answers an eviction, default `'login'`: one new login, and a second eviction within 15 minutes stops as contended.
   * `'stop'` leaves the session to the other login: calls reject with `_EVICTED`, also after {@link Session.resume}, until you open
   * a new session, or another one of the same login and store logs in: its token is everybody's. So give all bots of a login the
   * same `onEviction`.
   */
  onEviction?: 'login' | 'stop' | undefined
  /** The most logins in any time of `withinMs` (at least 1000) milliseconds: 1 to 100; default 3 in 10 minutes. */
  maxLogins?: { count: number; withinMs: number } | undefined
  /** Whether the open session keeps the process alive until it is closed; default false. */
  keepProcessAlive?: boolean | undefined
  /**
   * Whether a connection (TCP and TLS) is kept ready for the hosts that the open session calls, so that a call after any idle time takes
   * one round trip; default true. It costs one handshake in 45 seconds and host while nobody calls, one for each connection
   * that the server closes earlier, and about one a minute after five minutes without a call. No request of the API is spent on
   * it. There is none while Tradovate wants no calls (423, 429, a captcha), and none for plain http.
   */
  keepWarm?: boolean | undefined
  /** Gives up opening: rejects at once with `signal.reason`. Of no effect once the session is open. */
  signal?: AbortSignal | undefined
}

/**
 * Where a session keeps what it knows. All sessions of a login (the same base URL, environment, `name`, `appId` and `cid`)
 * that use the same store share one token, one back-off and one budget of logins, in however many processes. Whoever opens one
 * while that token is good gets it whatever password he gives: it is not asked for until the next login.
 *
 * @example
 * ```ts
 * import { Session } from 'tradovate-session'
 *
 * const key = Buffer.from(process.env.BOT_STORE_KEY ?? '', 'hex') // 32 bytes, e.g. of `openssl rand -hex 32`
 * const session = await Session.fromEnvironment({ store: { type: 'file', path: '/var/lib/bot', key } })
 * ```
 */
export type StoreOptions = MemoryStoreOptions | FileStoreOptions | RedisStoreOptions

/** In the memory of this process: gone with it. For tests, and for a bot that must leave nothing on disk. */
export interface MemoryStoreOptions {
  /** Says that it is this store. */
  type: 'memory'
}

/**
 * In files, two small ones for each login, and two in which all logins of this machine count what Tradovate counts by address;
 * those of a login that nobody has used for 30 days are removed.
 *
 * Folder and files are for their owner only. What is not (a link, another user's, readable or writable by others), what
 * is longer than 64 KiB, and what another login, another version of this package or another key has written, is refused:
 * {@link StoreError}, and nothing is sent. On Windows owners and rights are left to the system. A record that is damaged
 * is set aside as `….damaged`, and counts as all logins but one that `maxLogins` allows, made when it was last written.
 *
 * The two files of the address only hold calls back. Where they are refused or cannot be written, a `warning` says so, and the
 * login's calls are made and not counted with those of other logins; where they are damaged, the count begins anew.
 */
export interface FileStoreOptions {
  /** Says that it is this store. */
  type: 'file'
  /**
   * A folder of its own, made if it is missing, else mode 0700; on a local disk, since network file systems may not lock.
   * Default: `tradovate-session` in `$XDG_STATE_HOME` or `~/.local/state`; on macOS in `$XDG_STATE_HOME` or
   * `~/Library/Application Support`; on Windows in `%LOCALAPPDATA%`.
   */
  path?: string | undefined
  /**
   * 32 random bytes that seal the record (ChaCha20-Poly1305), the same in all processes. A sealed record without its key,
   * and a plain one with a key, is `ERR_TRADOVATE_STORE_MISMATCH`. It is copied.
   */
  key?: Uint8Array | undefined
}

/**
 * In Redis 6 or newer, or what speaks its protocol and runs Lua: for sessions of one login on more than one machine.
 *
 * Without Redis nothing is asked of Tradovate: the token is served until it expires, a `warning` tells of it, and the session
 * carries on once Redis is back. A Redis that has lost its data is given the record again. Nothing is kept that a login
 * could be made with.
 *
 * @example
 * ```ts
 * import { Session } from 'tradovate-session'
 *
 * const key = Buffer.from(process.env.BOT_STORE_KEY ?? '', 'hex') // the same on all machines
 * const url = process.env.BOT_REDIS_URL ?? 'redis://127.0.0.1:6379'
 * const session = await Session.fromEnvironment({ store: { type: 'redis', url, key } })
 * ```
 */
export interface RedisStoreOptions {
  /** Says that it is this store. */
  type: 'redis'
  /**
   * `redis://` or, over TLS, `rediss://`, with what Redis wants: `rediss://user:password@redis.example:6380/0`. Certificates
   * are checked as for Tradovate, `NODE_EXTRA_CA_CERTS` included. The URL is shown in no error and no log.
   */
  url: string
  /** What the names of all keys begin with, at most 256 characters; default `tradovate-session:`. */
  prefix?: string | undefined
  /**
   * 32 random bytes that seal the record (ChaCha20-Poly1305), the same on all machines: Redis and its backups then show no
   * token. It is copied.
   */
  key?: Uint8Array | undefined
}

/** How long one caller waits; the work that callers share goes on without him. */
export interface WaitOptions {
  /** Its abort rejects at once with `signal.reason`. */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds, 1 to 2147483647, default the session's `timeoutMs`; then {@link NetworkError} `ERR_TRADOVATE_TIMEOUT`.
   * A penalty that ends within them is waited for.
   */
  timeoutMs?: number | undefined
}

/** What a request carries, and how long its caller waits. */
export interface RequestOptions extends WaitOptions {
  /**
   * The query's parameters, not yet encoded, in a plain object. Numbers must be finite; a list of them must not be empty, and is sent with commas.
   * `undefined` is refused: without a parameter a call may mean another one.
   */
  query?: Record<string, string | number | boolean | readonly number[]> | undefined
  /** Whatever `JSON.stringify` takes, but for numbers that are not finite; only with POST. */
  body?: unknown
  /** Whose host to call; default that of the session's environment. */
  purpose?: HostPurpose | undefined
}

/** What a host is used for: trading, market data, replay, reports. */
export type HostPurpose = 'live' | 'demo' | 'mdLive' | 'mdDemo' | 'replay' | 'reportingLive' | 'reportingDemo'

// ── State and events ─────────────────────────────────────────────────────────────────────────────────────────────────

/** A token as a session has it. */
export interface AccessToken {
  /** Opaque; sent as `Authorization: Bearer …`. */
  accessToken: string
  /** The one for market-data sockets, if Tradovate gave one. */
  mdAccessToken?: string
  /** ISO 8601, Tradovate's own, by Tradovate's clock. */
  expirationTime: string
  /** Grows by one with each new token. */
  generation: number
  /** The user who logged in. */
  userId?: number
}

/** How a session stands. */
export interface SessionStatus {
  /**
   * `active`: all is well. `degraded`: the token is good, but could not be renewed lately, or nobody can find out whether its
   * session is closed. `waiting`: for `retryAt`; after a
   * 429 or 423 too, when a token that is good can be used for POSTs only.
   * `contended`: evicted again right after a login, and stopped until `retryAt` or {@link Session.resume}. `stopped`: only a
   * person or new credentials help, or a new session after an eviction with `onEviction: 'stop'`.
   * `closed`: by `close()`.
   */
  state: 'active' | 'degraded' | 'waiting' | 'contended' | 'stopped' | 'closed'
  /** Which of Tradovate's environments the login is in: `live` is real money. */
  environment: Environment
  /** The user who logged in. */
  userId?: number
  /** That of the latest token; 0 before the first. */
  generation: number
  /** When the present token ends. */
  expiresAt?: Date
  /** When the next renewal is due. */
  renewsAt?: Date
  /** When the next try is due, while not `active`. A `renew()` that failed is not made again before {@link SessionStatus.renewsAt}. */
  retryAt?: Date
  /** Why it is not `active`. */
  reason?: TradovateError
  /** Milliseconds that the server's clock is ahead of ours. */
  clockOffsetMs: number
  /** Logins made by this session. */
  logins: number
  /** Renewals made by this session. */
  renewals: number
  /** Tokens taken from another process, by the store or from a token service. */
  adoptions: number
  /** Logins and renewals that failed; of a {@link TokenClient} its questions to the service. */
  failures: number
  /** What Tradovate counts by address, as this machine has used it. */
  address: AddressUse
  /** What the limits of this login still allow. */
  budget: Budget
}

/**
 * What the limits of a login still allow at this moment, over all sessions that share its store. A {@link TokenClient} makes none
 * of these calls, and has 0 here.
 */
export interface Budget {
  /** Logins that `maxLogins` still allows; 0 too where 4 were refused within the hour. */
  logins: number
  /** Renewals, of 12 an hour. The address can allow fewer: see {@link AddressUse}. */
  renewals: number
}

/**
 * What Tradovate counts by address, over the last hour and all logins of this machine that keep their record in the same folder
 * or, in memory, in this process (with Redis: in the user's state folder). It is what the session saw at its last login or
 * renewal; others may have called since. A {@link TokenClient} makes none of these calls, and has 0 here.
 *
 * Tradovate allows an address 15 renewals an hour and 5 refused logins; this package stops at 12 and at 4 (5 for credentials
 * that have worked before). An address that fills up renews later, and beyond about 15 logins it logs in anew after a token has
 * ended, since logins that succeed are not counted. Who asks for more has `ERR_TRADOVATE_QUOTA` with `retryAt`.
 */
export interface AddressUse {
  /** Logins that have a token now. */
  logins: number
  /** Renewals of the last hour, successful or not. */
  renewals: number
  /** Logins of the last hour that Tradovate refused. */
  refusedLogins: number
  /**
   * Whether there are more logins than renewals alone can keep alive; a `warning` `ERR_TRADOVATE_QUOTA` says so when it begins.
   */
  overfull: boolean
}

/**
 * A session's events. Listening keeps no process alive: `await once(session, 'token')` ends one that has nothing else to do,
 * without `keepProcessAlive`. Each event is also published, without any token, to the channel `tradovate-session` of
 * `node:diagnostics_channel`.
 */
export interface SessionEvents {
  /** A new token, and how it came. */
  token: [token: AccessToken & { how: 'login' | 'renewal' | 'adopted' }]
  /** A change of state. */
  status: [status: SessionStatus]
  /**
   * A failure in the background; never thrown, never an unhandled rejection. `ERR_TRADOVATE_QUOTA` may come while all is well:
   * this machine has more logins than renewals alone can keep alive, see {@link AddressUse}.
   */
  warning: [error: TradovateError]
}

// An overload for each event, whose text an editor shows. All else is Node's.
declare class SessionEmitter extends EventEmitter<SessionEvents> {
  /** A new token, and how it came: by a login, by a renewal, or adopted from another process. */
  on(event: 'token', listener: (...args: SessionEvents['token']) => void): this
  /** A change of state, with the new status. */
  on(event: 'status', listener: (...args: SessionEvents['status']) => void): this
  /** A failure in the background: never thrown, and never an unhandled rejection. */
  on(event: 'warning', listener: (...args: SessionEvents['warning']) => void): this
  /** Hears one of the {@link SessionEvents}. */
  on<Event extends keyof SessionEvents>(event: Event, listener: (...args: SessionEvents[Event]) => void): this

  /** A new token, and how it came: by a login, by a renewal, or adopted from another process. Heard once. */
  once(event: 'token', listener: (...args: SessionEvents['token']) => void): this
  /** A change of state, with the new status. Heard once. */
  once(event: 'status', listener: (...args: SessionEvents['status']) => void): this
  /** A failure in the background: never thrown, and never an unhandled rejection. Heard once. */
  once(event: 'warning', listener: (...args: SessionEvents['warning']) => void): this
  /** Hears one of the {@link SessionEvents}. Heard once. */
  once<Event extends keyof SessionEvents>(event: Event, listener: (...args: SessionEvents[Event]) => void): this

  /** Hears an event no longer by this listener. */
  off<Event extends keyof SessionEvents>(event: Event, listener: (...args: SessionEvents[Event]) => void): this
}

// ── Metrics and traces: what the tracing channels of node:diagnostics_channel publish ─────────────────────────────────

/**
 * How a call went, as the tracing channel `tradovate-session:request` publishes it: each call of an endpoint by a session, a
 * {@link TokenClient} or one of the functions {@link getAccessToken}, {@link renewAccessToken} and {@link getAccounts}. One that was
 * refused for its arguments is no call.
 *
 * `start` is published within the caller's own code, so that a span's parent is the caller's; `asyncEnd` when the call has
 * settled, and `error` before it if that failed. They publish the same object, whose optional fields are set by then. None shows a
 * query, a body, an answer or a token. See `docs/tracing.md` of this package.
 *
 * @example
 * ```ts
 * import { tracingChannel } from 'node:diagnostics_channel'
 * import type { RequestTrace } from 'tradovate-session'
 *
 * tracingChannel('tradovate-session:request').asyncEnd.subscribe(message => {
 *   const { method, path, status, errorCode, durationMs } = message as RequestTrace
 *   console.log(`${method} ${path}: ${errorCode ?? status} after ${durationMs?.toFixed(1)} ms`)
 * })
 * ```
 */
export interface RequestTrace {
  /** The verb of the call. */
  method: HttpMethod
  /** Like `'order/list'`, without the query. */
  path: string
  /** Where it was sent, at last: `'demo.tradovateapi.com'`, or `'127.0.0.1:4010'` for a sandbox. Undefined before anything was sent. */
  host?: string
  /** The same with scheme and path, and without the query: `'https://demo.tradovateapi.com/v1/order/list'`. */
  url?: string
  /** The HTTP status of the last answer; undefined if the last request was not answered. */
  status?: number
  /**
   * How often it was tried: 0 if it waited in vain for a token, and more than 1 for a GET that was sent again, after a renewal, a
   * penalty, a lost connection or a redirect. A question that takes several requests (more than ten ids) has 1, and 1 more for each
   * of them that was sent again.
   */
  attempts?: number
  /** The generation of the token that it was sent with. */
  generation?: number
  /** Milliseconds until the caller had the answer or the error: with all waiting, and without the parsing of the answer. */
  durationMs?: number
  /**
   * Milliseconds of that for the last request, from its start to the end of its answer, by a clock that a busy event loop does not
   * disturb.
   */
  requestMs?: number
  /** The code of the error that the call rejected with; the name of another thing, such as `'AbortError'` of a signal. */
  errorCode?: string
  /** The {@link TradovateError.outcome | outcome} of that error. */
  outcome?: CallOutcome
  /** What the call rejected with: a {@link TradovateError}, a signal's reason, or what a credentials function threw. */
  error?: unknown
}

/**
 * How a login or a renewal went, as the tracing channels `tradovate-session:login` and `tradovate-session:renewal` publish it. A
 * session makes them in the background, off the event loop; `start` is told when the event loop has time for it. One while a
 * session is opened has the opener as its parent, any other has none.
 */
export interface TokenTrace extends RequestTrace {
  /** Which of the two it was. */
  operation: 'login' | 'renewal'
  /** The environment of the session. */
  environment: Environment
  /** Where it is sent. */
  host: string
  /** The same with scheme and path: `'https://demo.tradovateapi.com/v1/auth/renewaccesstoken'`. */
  url: string
  /** When it began, by this machine's clock. */
  startedAt: Date
  /** Milliseconds until its answer was there, by a clock that a busy event loop does not disturb. */
  durationMs?: number
  /** The generation of the token that it brought. */
  generation?: number
  /** The user who logged in. */
  userId?: number
  /** Why it failed. */
  error?: TradovateError
}

// ── Errors: one class per thing that a caller branches on, one code per cause ───────────────────────────────────────

/** What an error is made of, for tests and for wrappers of one's own. */
export interface TradovateErrorOptions<Code extends string = TradovateErrorCode> {
  /** Default: the first code of the class. */
  code?: Code | undefined
  /** As {@link TradovateError.status}. */
  status?: number | undefined
  /** As {@link TradovateError.failureReason}. */
  failureReason?: RejectReason | undefined
  /** As {@link TradovateError.outcome}; default undefined, and `'not-sent'` for a {@link ConfigError}. */
  outcome?: CallOutcome | undefined
  /** As {@link TradovateError.retryAt}. */
  retryAt?: Date | undefined
  /** As {@link TradovateError.needsPerson}; default false. */
  needsPerson?: boolean | undefined
  /** The error behind this one. */
  cause?: unknown
}

/**
 * Whatever this package reports; its subclasses say what to do about it. No message, cause or stack shows a secret.
 *
 * What each code means, and what to do: `docs/errors.md` of this package.
 */
export class TradovateError extends Error {
  constructor(message: string, options?: TradovateErrorOptions)
  /** One for each cause. `'ERR_TRADOVATE'` is what one that you make yourself has without another. */
  readonly code: TradovateErrorCode | 'ERR_TRADOVATE'
  /**
   * The HTTP status, where an answer with another status than 200 was the cause, or with a body that makes no sense. It is Tradovate's answer to us: web frameworks that answer with an error's
   * `status` would pass it on as theirs.
   */
  readonly status?: number
  /**
   * The word by which Tradovate refused an order or a command for one, such as `'TooLate'`; undefined of every other error. The
   * message has it too, with Tradovate's `failureText`.
   */
  readonly failureReason?: RejectReason
  /**
   * What became of the call that failed, so that a bot knows without reading a message whether an order may be placed again.
   *
   * - `'not-sent'`: no byte of it reached a server. It can safely be made again, once what the error tells is mended.
   * - `'answered'`: the server answered, as `status`, `code` and message say, and did not do it.
   * - `'unknown'`: it was sent, wholly or in part, and nobody knows whether it was done: the connection was lost, no answer
   *   came in time, or the answer (a 5xx, a body that makes no sense or lacks the order's id) says nothing about it. Look,
   *   before an order is placed again.
   *
   * Every error of a method that calls an endpoint has it. Of `open()`, `renew()` and `resume()` it tells of the token request
   * or renewal that failed: `'answered'` where Tradovate has refused that one, `'not-sent'` where none was made, since an earlier
   * refusal, a stop or a limit forbids it. Undefined where the error is about no call: a token that is lacking, a store, a
   * service, a `status().reason` that only waits. Whoever aborts a call gets his `signal.reason`, and knows no more than
   * after `'unknown'`.
   */
  readonly outcome?: CallOutcome
  /** When trying again can help. */
  readonly retryAt?: Date
  /**
   * Whether only a person can mend it: a captcha, a wrong password, a locked account, a permission that the API key lacks. See
   * {@link Session.resume}.
   */
  readonly needsPerson: boolean
}

/** What became of a call that failed; see {@link TradovateError.outcome}. */
export type CallOutcome = 'not-sent' | 'answered' | 'unknown'

/**
 * `ERR_TRADOVATE_CONFIG`: an argument, option or variable cannot work. Names the field, never its value. Its `outcome` is
 * `'not-sent'`, unless the call had been answered before. What to do is in `docs/errors.md` of this package.
 */
export class ConfigError extends TradovateError {
  constructor(message: string, options?: TradovateErrorOptions<'ERR_TRADOVATE_CONFIG'>)
  readonly code: 'ERR_TRADOVATE_CONFIG'
}

/**
 * Tradovate refused the login, and says why in the message: a wrong name, password or key, another factor, the account.
 * What to do is in `docs/errors.md` of this package.
 */
export class CredentialsError extends TradovateError {
  constructor(message: string, options?: TradovateErrorOptions<CredentialsErrorCode>)
  readonly code: CredentialsErrorCode
}

/**
 * Tradovate, or a limit of ours, wants nothing of that kind before `retryAt`. What to do is in `docs/errors.md` of this package.
 *
 * @example
 * ```ts
 * import { PenaltyError, Session } from 'tradovate-session'
 *
 * try {
 *   await Session.fromEnvironment()
 * } catch (error) {
 *   if (!(error instanceof PenaltyError)) throw error
 *   console.error(error.needsPerson ? 'log in on the web site once' : `try again at ${error.retryAt}`)
 * }
 * ```
 */
export class PenaltyError extends TradovateError {
  constructor(message: string, options?: TradovateErrorOptions<PenaltyErrorCode>)
  readonly code: PenaltyErrorCode
}

/** There is no token that can be used, or not for this. What to do is in `docs/errors.md` of this package. */
export class SessionError extends TradovateError {
  constructor(message: string, options?: TradovateErrorOptions<SessionErrorCode>)
  readonly code: SessionErrorCode
}

/** No connection, none in time, or an answer that speaks of trouble on the other side. What to do is in `docs/errors.md` of this package. */
export class NetworkError extends TradovateError {
  constructor(message: string, options?: TradovateErrorOptions<NetworkErrorCode>)
  readonly code: NetworkErrorCode
}

/** Tradovate answered, but not with what was asked for. What to do is in `docs/errors.md` of this package. */
export class ProtocolError extends TradovateError {
  constructor(message: string, options?: TradovateErrorOptions<ProtocolErrorCode>)
  readonly code: ProtocolErrorCode
}

/**
 * The store cannot be used. The message names the file, the folder or the Redis, and what to do. A call that rejects with it
 * has sent nothing; as a `warning` it may tell of a token that is in use and yet to be saved.
 * What to do is in `docs/errors.md` of this package.
 */
export class StoreError extends TradovateError {
  constructor(message: string, options?: TradovateErrorOptions<StoreErrorCode>)
  readonly code: StoreErrorCode
}

/** The token service cannot serve or be used. What to do is in `docs/errors.md` of this package. */
export class ServiceError extends TradovateError {
  constructor(message: string, options?: TradovateErrorOptions<ServiceErrorCode>)
  readonly code: ServiceErrorCode
}

/** Every code, each with a section in `docs/errors.md` of this package. Later versions may add some: a `switch` wants a `default`. */
export type TradovateErrorCode =
  | 'ERR_TRADOVATE_CONFIG'
  | CredentialsErrorCode
  | PenaltyErrorCode
  | SessionErrorCode
  | NetworkErrorCode
  | ProtocolErrorCode
  | StoreErrorCode
  | ServiceErrorCode

/** Refused credentials; another factor or an unknown shape of answer; an account that is locked, closed or not confirmed. */
export type CredentialsErrorCode =
  | 'ERR_TRADOVATE_CREDENTIALS'
  | 'ERR_TRADOVATE_EXTRA_FACTOR'
  | 'ERR_TRADOVATE_ACCOUNT_STATUS'

/**
 * A penalty; one with a captcha; HTTP 429; HTTP 423; our own limit for logins (`maxLogins`); our own limits for renewals and for
 * refused logins, a login's and an address'.
 */
export type PenaltyErrorCode =
  | 'ERR_TRADOVATE_PENALTY'
  | 'ERR_TRADOVATE_CAPTCHA'
  | 'ERR_TRADOVATE_RATE_LIMITED'
  | 'ERR_TRADOVATE_LOCKED_OUT'
  | 'ERR_TRADOVATE_LOGIN_BUDGET'
  | 'ERR_TRADOVATE_QUOTA'

/** No good token; closed by a third login; closed so again and again; closed by us; HTTP 401; HTTP 403. */
export type SessionErrorCode =
  | 'ERR_TRADOVATE_EXPIRED'
  | 'ERR_TRADOVATE_EVICTED'
  | 'ERR_TRADOVATE_CONTENDED'
  | 'ERR_TRADOVATE_CLOSED'
  | 'ERR_TRADOVATE_UNAUTHORIZED'
  | 'ERR_TRADOVATE_FORBIDDEN'

/** No connection, or one that was lost; our own timeout; HTTP 408 and 5xx. */
export type NetworkErrorCode = 'ERR_TRADOVATE_CONNECT' | 'ERR_TRADOVATE_TIMEOUT' | 'ERR_TRADOVATE_HTTP'

/**
 * Not what was asked for; Tradovate's list of violations; HTTP 404; a refusal in words by an endpoint that is no login:
 * `errorText`, `failureReason` or HTTP 400.
 */
export type ProtocolErrorCode =
  | 'ERR_TRADOVATE_PROTOCOL'
  | 'ERR_TRADOVATE_VIOLATION'
  | 'ERR_TRADOVATE_NOT_FOUND'
  | 'ERR_TRADOVATE_REJECTED'

/** It cannot be used; it holds what another login, version or key has written. */
export type StoreErrorCode = 'ERR_TRADOVATE_STORE' | 'ERR_TRADOVATE_STORE_MISMATCH'

/** It fails, or its address is taken; it serves another environment or user, or others could have put it there. */
export type ServiceErrorCode = 'ERR_TRADOVATE_SERVICE' | 'ERR_TRADOVATE_SERVICE_MISMATCH'

// ── Endpoints: what `request` knows of Tradovate's operations. The entities are in endpoints.d.ts ───────────────────────

/**
 * Tradovate's operations, by verb and path: what they take as `query` or `body`, and what they answer. In an answer every field
 * that is not optional is always there, by Tradovate's word; unknown fields are kept. In a body an unknown field is a compiler's
 * error. Enums are open.
 *
 * Tradovate's document, from which they are made, is older than the API. Declare an operation that is missing here, or a field
 * that an entity lacks; an operation that is wrong goes into {@link EndpointCorrections}.
 *
 * @example
 * ```ts
 * import type { Endpoints, Session } from 'tradovate-session'
 *
 * declare module 'tradovate-session' {
 *   interface Endpoints {
 *     'GET margin/preview': { query: { contractId: number; qty?: number }; answer: { initialMargin: number } }
 *   }
 *   interface PlaceOrder {
 *     strategyName?: string
 *   }
 * }
 *
 * type Positions = Endpoints['GET position/list']['answer']
 *
 * async function marginOf(session: Session, positions: Positions): Promise<number> {
 *   const [first] = positions
 *   if (!first) return 0
 *   const { initialMargin } = await session.request('GET', 'margin/preview', { query: { contractId: first.contractId } })
 *   return initialMargin
 * }
 * ```
 */
export interface Endpoints extends Omit<DocumentedEndpoints, keyof EndpointCorrections>, EndpointCorrections {}

/**
 * Empty: declare an operation here, as in {@link Endpoints}, and it replaces the one of the same name there.
 *
 * @example
 * ```ts
 * declare module 'tradovate-session' {
 *   interface EndpointCorrections {
 *     'GET contractGroup/list': { answer: Record<string, { id: number }> }
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: its members are users' declarations.
export interface EndpointCorrections {}

/** The verbs that Tradovate takes. */
export type HttpMethod = 'GET' | 'POST'

/** The paths of {@link Endpoints} with a verb, but for the token endpoints, which the session calls itself. */
export type EndpointPath<Method extends HttpMethod> = EndpointPaths[Method]

/**
 * What {@link TokenSource.request} takes after verb and path: the operation's `query` and `body`, and the rest of
 * {@link RequestOptions}. It can be undefined where the operation needs neither. Nothing can be given for an operation that
 * `request` does not call; the type is then a sentence, for the compiler to show.
 */
export type EndpointOptions<Method extends HttpMethod, Path extends string> =
  Endpoint<Method, Path> extends string
    ? Endpoint<Method, Path>
    : Endpoint<Method, Path> extends { query: unknown } | { body: unknown }
      ? OperationOptions<Endpoint<Method, Path>>
      : OperationOptions<Endpoint<Method, Path>> | undefined

/** What {@link TokenSource.request} answers: `T` where {@link Endpoints} does not have the operation. */
export type EndpointAnswer<Method extends HttpMethod, Path extends string, T = unknown> =
  Endpoint<Method, Path> extends { answer: infer Answer } ? Answer : T

interface EndpointPaths {
  GET: PathAfter<'GET', Exclude<keyof Endpoints, TokenEndpoint>>
  POST: PathAfter<'POST', Exclude<keyof Endpoints, TokenEndpoint>>
}

type PathAfter<Method extends HttpMethod, Name> = Name extends `${Method} ${infer Path}` ? Path : never

type TokenEndpoint = 'POST auth/accesstokenrequest' | 'GET auth/renewaccesstoken'

// What a call without options is made on: anything, or a sentence that the compiler shows.
type EndpointAlone<Method extends HttpMethod, Path extends string> =
  Endpoint<Method, Path> extends string
    ? Endpoint<Method, Path>
    : undefined extends EndpointOptions<Method, Path>
      ? unknown
      : 'this endpoint takes a query or a body'

type EndpointName<Method extends HttpMethod, Path extends string> = Path extends `/${infer Rest}`
  ? `${Method} ${Rest}`
  : `${Method} ${Path}`

interface OtherVerb {
  GET: 'POST'
  POST: 'GET'
}

// The operation, or a sentence that says why `request` does not call it.
type Endpoint<Method extends HttpMethod, Path extends string> =
  EndpointName<Method, Path> extends TokenEndpoint
    ? 'the session calls this endpoint itself'
    : EndpointName<Method, Path> extends keyof Endpoints
      ? Endpoints[EndpointName<Method, Path>]
      : EndpointName<OtherVerb[Method], Path> extends OfOneVerb
        ? `this endpoint takes ${OtherVerb[Method]}`
        : Pick<RequestOptions, 'query' | 'body'>

type OfOneVerb = Exclude<keyof Endpoints, `${HttpMethod} ${PathOfBothVerbs}`>

type OperationOptions<Operation> = Omit<Operation, 'answer'> & Omit<RequestOptions, 'query' | 'body'>
