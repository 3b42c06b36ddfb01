/// <reference types="node" />
// What `tradovate-session/sandbox` exports, kept by hand beside index.js.

import type { Account, Credentials } from '../index.js'

/**
 * Starts a server on 127.0.0.1 that imitates Tradovate's API: tokens, renewals, session limits, quotas, penalties, accounts and
 * simulated trading, held in memory and gone with {@link Sandbox.close}. It never calls anything outside, and its tokens are worthless
 * elsewhere.
 *
 * @param options Everything may be left out; see {@link SandboxOptions}.
 * @returns A sandbox that already accepts calls. It keeps the process alive until it is closed.
 * @throws {TypeError} An option is unknown or has a value that cannot work; the message names the option.
 * @throws The system's own error (`EADDRINUSE`, `EACCES`) when `port` cannot be had.
 *
 * @example
 * ```ts
 * import { Session } from 'tradovate-session'
 * import { startSandbox } from 'tradovate-session/sandbox'
 *
 * const sandbox = await startSandbox({ tokenLifetimeMs: 60_000 })
 * const session = await Session.open(sandbox.credentials, { baseUrl: sandbox.baseUrl, store: { type: 'memory' } })
 * console.log(await session.getAccounts(), sandbox.counts.logins)
 * await session.close()
 * await sandbox.close()
 * ```
 */
export function startSandbox(options?: SandboxOptions): Promise<Sandbox>

/** What a sandbox can be told at its start. */
export interface SandboxOptions {
  /**
   * The TCP port of the first host, on 127.0.0.1. Default: any free one. Some more free ports are opened for
   * {@link Sandbox.moveHosts}.
   */
  port?: number
  /** How long a token is good after its login or renewal, in milliseconds. Default 4,800,000 (80 minutes). */
  tokenLifetimeMs?: number
  /** Open sessions that a user may have; one more login closes the oldest. Default 2. */
  maxSessions?: number
  /**
   * Who may log in; at least one. Their `userId` is 1001 for the first, 1002 for the next, and so on. Default: one user
   * `sandbox-user` with a password, `cid`, `sec` (see {@link Sandbox.credentials}) and two accounts.
   */
  users?: SandboxUser[]
  /**
   * The HTTP status for a token whose session was closed by a later login or by {@link Sandbox.evict}. Tradovate's page
   * speaks of 408, 429 and 500, other clients saw 401. 401 has the body `Access is denied`, the others none. Default
   * 401.
   */
  closedSessionStatus?: 401 | 408 | 429 | 500
  /**
   * Whether a token string stays good until its own expiry after a renewal has handed out a new one. What Tradovate
   * does is unproven. `false`: the old string answers 401 from then on. Default `true`.
   */
  renewalKeepsOldToken?: boolean
  /** Tradovate's hourly limits, to be changed one by one; `false` switches all of them off. */
  quotas?: SandboxQuotas | false
  /** How prices move; see {@link SandboxMarket}. */
  market?: SandboxMarket
  /**
   * Added to {@link SandboxOptions.now} to make the server's clock, in milliseconds: it moves the `Date` header,
   * `expirationTime` and every judgement about time, as if the bot's clock were wrong by the opposite. Default 0.
   */
  clockOffsetMs?: number
  /**
   * The time, in milliseconds since 1970. Hand in your own to let hours pass in an instant; only
   * `latencyMs` faults always run on real time. Default: the machine's, which the fake timers of a test runner do not move.
   *
   * @example
   * ```ts
   * import { startSandbox } from 'tradovate-session/sandbox'
   *
   * let now = Date.now()
   * const sandbox = await startSandbox({ now: () => now })
   * now += 80 * 60_000 // every token that was handed out before has expired
   * await sandbox.close()
   * ```
   */
  now?: () => number
  /** Entries that {@link Sandbox.log} keeps; when it has one more, its oldest tenth is dropped. Default 100,000. */
  maxLog?: number
}

/** Somebody who may log in. */
export interface SandboxUser {
  /** 1 to 64 characters, different for each user. */
  name: string
  /** 1 to 64 characters. */
  password: string
  /** When given, a login must name it, as a number or as a string. */
  cid?: number | string
  /** When given, a login must have it. Up to 8,192 characters. */
  sec?: string
  /**
   * What the user sees under `/account`, each with 50,000 dollars. Fields that are left out are filled in (`id` counts up from
   * 500001, `name` is `SANDBOX<id>`, `userId` the user's own); fields of your own are kept. Default: one account; `[]`: none.
   */
  accounts?: Partial<Account>[]
  /**
   * What the user's API key may not do: paths (`position/list`), domains (`order/*`), or `*` for all but `auth/*`, as of a
   * new key. Each answers 401 `Access is denied`. See {@link Sandbox.deny}. Default: nothing.
   */
  denied?: string | string[]
}

/**
 * The limits beyond which calls are penalised (HTTP 200 with `p-ticket` and `p-time`) or refused (429), over a rolling
 * hour. Each is a whole number from 0, or `Infinity` for no limit. Calls that are answered with a penalty do not count
 * against the quota that caused it. Nor do calls that a fault answered. An address is the caller's, for all users together.
 */
export interface SandboxQuotas {
  /** Logins with wrong credentials that an address may make before each further login is penalised. Default 5. */
  failedLoginsPerHour?: number
  /** Renewals that an address may make, refused or successful, before each further one is penalised. Default 15. */
  renewalsPerHour?: number
  /** Refused calls of `auth/me` that an address may make before each further one is penalised. Default 10. */
  failedMePerHour?: number
  /**
   * Calls that a user may make with good tokens before 429 with an empty body; refused calls count too. Default 5,000.
   */
  requestsPerHour?: number
  /** Calls that an address may make without a good token, logins included, before 429. Default 1,000. */
  anonymousRequestsPerHour?: number
  /** Penalties at one endpoint before each further one demands a captcha; its ticket is never honoured. Default 5. */
  penaltiesBeforeCaptcha?: number
  /** `p-time` of a penalty, in seconds. Default 15, and 30 at `auth/me`. */
  backOffSeconds?: number
}

/**
 * The prices, for which limit and stop orders wait: a random walk of up to two ticks a step for each contract. The same seed gives
 * the same prices at the same times after the start, however often somebody looks.
 */
export interface SandboxMarket {
  /** A whole number from 0. Default 1. */
  seed?: number
  /**
   * Milliseconds from one step to the next, by {@link SandboxOptions.now}: at least 10, or `Infinity` for prices that move by
   * {@link Sandbox.movePrice} only. Default 1,000.
   */
  paceMs?: number
}

/** A running sandbox. `await using` closes it. */
export interface Sandbox extends AsyncDisposable {
  /** The first host, such as `http://127.0.0.1:40123/v1`, for `options.baseUrl`. Stays the same when the hosts move. */
  readonly baseUrl: string
  /** Of the first user: everything that a login needs. */
  readonly credentials: Credentials
  /**
   * What was called, in the order in which it was judged; live, and yours to empty with `log.length = 0`. It never
   * holds a password, token or ticket.
   */
  readonly log: SandboxCall[]
  /** A copy of the counters so far. `log` may have dropped old calls, the counters never do. */
  readonly counts: SandboxCounts
  /** How much of the limits each address has used; a copy, in the order of its first calls. */
  readonly quotas: SandboxQuotaUse[]
  /** Which address is the first host, which one `apiHosts` name, and which were left or retired; a copy. */
  readonly hosts: SandboxHosts
  /**
   * Orders a fault for the next calls that match its endpoint. Faults queue: each call takes the oldest one that
   * matches, so a fault for `any` is taken by whatever comes first.
   *
   * @throws {TypeError} The fault is not one of {@link SandboxFault}; the message says what is wrong.
   *
   * @example
   * ```ts
   * import { startSandbox } from 'tradovate-session/sandbox'
   *
   * const sandbox = await startSandbox()
   * sandbox.inject({ endpoint: 'renew', times: 2, status: 503 })
   * sandbox.inject({ endpoint: 'login', penalty: { seconds: 1 } })
   * sandbox.inject({ endpoint: 'order/placeorder', fault: 'cut' })
   * await sandbox.close()
   * ```
   */
  inject(fault: SandboxFault): void
  /** Drops every fault that was ordered and not used, such as one with `times: Infinity`: the end of an outage. */
  clearFaults(): void
  /**
   * The present price of a contract, since the sandbox has no market data.
   *
   * @param symbol The contract's name, such as `ESZ6`.
   * @throws {TypeError} There is no such contract.
   */
  price(symbol: string): number
  /**
   * Moves the price of a contract, and fills the orders that it reaches. The walk goes on from there.
   *
   * @param price A multiple of the product's tick, above 0.
   * @throws {TypeError} There is no such contract, or the price is none for it.
   *
   * @example
   * ```ts
   * import { startSandbox } from 'tradovate-session/sandbox'
   *
   * const sandbox = await startSandbox({ market: { paceMs: Number.POSITIVE_INFINITY } })
   * // Here the bot places a stop at 5990.
   * sandbox.movePrice('ESZ6', 5989.75) // it is filled
   * await sandbox.close()
   * ```
   */
  movePrice(symbol: string, price: number): void
  /**
   * Closes every open session of a user, as logins elsewhere would.
   *
   * @param name Default: the first user.
   * @throws {TypeError} There is no user of that name.
   */
  evict(name?: string): void
  /**
   * Takes permissions from a user's API key: from now on these endpoints answer 401 `Access is denied` to the user.
   *
   * @param endpoints A path (`position/list`), a domain (`order/*`), `*` for all but `auth/*`, or several of them.
   * @param name Default: the first user.
   * @throws {TypeError} There is no user of that name, or an endpoint is none of these or under `auth/`.
   */
  deny(endpoints: string | string[], name?: string): void
  /** Gives permissions back, or again after a wider {@link Sandbox.deny}: the last word about an endpoint counts. */
  allow(endpoints: string | string[], name?: string): void
  /**
   * Moves everything to another loopback port. From now on `apiHosts` name that one. Each port that was left answers
   * 307 with a `Location` on the present one, except to `auth/accesstokenrequest` and `auth/renewaccesstoken`, which go
   * on working there so that a client can ask again where its hosts are. Can be called again; every call moves on.
   *
   * @throws {Error} After {@link Sandbox.close}, or at the fourth move before the event loop had a turn to open more
   * ports.
   */
  moveHosts(): void
  /**
   * Takes the host that `apiHosts` name out of service, while the first host goes on.
   *
   * @param how Default `{ status: 404 }`, see {@link SandboxRetirement}.
   * @throws {TypeError} `how` is not a retirement.
   * @throws {Error} The hosts have not moved yet, so that `apiHosts` name the first host, which is never retired; or the
   * told host is retired already; or after {@link Sandbox.close}.
   *
   * @example
   * ```ts
   * import { startSandbox } from 'tradovate-session/sandbox'
   *
   * const sandbox = await startSandbox()
   * sandbox.moveHosts() // logins at baseUrl are told another host from now on
   * sandbox.retireHost({ fault: 'refuse' })
   * await sandbox.close()
   * ```
   */
  retireHost(how?: SandboxRetirement): void
  /** Stops listening and cuts every connection, hanging calls included. Idempotent; takes some milliseconds. */
  close(): Promise<void>
}

/** Which address is what, as `host:port`. */
export interface SandboxHosts {
  /** That of {@link Sandbox.baseUrl}. */
  readonly first: string
  /** The one that `apiHosts` name. */
  readonly told: string
  /** Those that were left and point to the one in force. */
  readonly left: string[]
  /** Those that were retired, the oldest first. */
  readonly retired: string[]
}

/** What one address has used of the limit of one endpoint, over the last hour. */
export interface SandboxQuotaUse {
  endpoint: 'auth/accesstokenrequest' | 'auth/renewaccesstoken' | 'auth/me'
  /** The caller's address, such as `127.0.0.1`. */
  address: string
  /** Calls that count: all renewals, failed logins, refused `me`; of all users together. Always 0 without a limit. */
  counted: number
  /** {@link SandboxQuotas.renewalsPerHour} and its like. */
  limit: number
  /** Penalties by that limit. */
  penalties: number
}

/** How a told host is taken out of service: by `status` or by `fault`; default `{ status: 404 }`. */
export interface SandboxRetirement {
  /** The answer to every call there, logins and renewals too: 400 to 599. */
  status?: number
  /** `refuse`: the port is closed. `hang`: calls are taken and never answered. */
  fault?: 'refuse' | 'hang'
  /**
   * What `apiHosts` name from then on. `first`: the first host, which serves everything. `new`: a new host, which serves
   * everything. `retired`: the retired one as before, while the first host serves everything. Default `first`.
   */
  apiHosts?: 'first' | 'new' | 'retired'
}

/** Counters since the start. */
export interface SandboxCounts {
  /** Logins that opened a session. */
  logins: number
  /** Renewals that handed out a token. */
  renewals: number
  /** Sessions that were closed by a later login or by {@link Sandbox.evict}. */
  evictions: number
  /** Penalties that were handed out, by a quota or a fault. */
  penalties: number
  /** All calls that arrived, whatever became of them. */
  calls: number
}

/** One call, as the sandbox saw it. */
export interface SandboxCall {
  /** When it arrived, in milliseconds since 1970, by {@link SandboxOptions.now} without the offset. */
  at: number
  /** `GET`, `POST`, … */
  method: string
  /** The path in lower case, without `/v1/` and without the query, such as `auth/accesstokenrequest`. */
  endpoint: string
  /** The host of the sandbox that it came to, such as `127.0.0.1:40123`; see {@link Sandbox.hosts}. */
  host: string
  /** The caller's address, by which quotas are counted. */
  address: string
  /** The user whose token it carried, or whose name a login gave. Missing when there is no such user. */
  user?: string
  /**
   * The generation of the token that the call carried; of a successful login, that of the token it was given.
   * Generations count the token strings handed out to a user: 1 for the first login, one more with each renewal or
   * further login.
   */
  generation?: number
  /** `true` if it carried a penalty's ticket where one belongs: in the query of a GET, in the body of a POST. */
  withTicket?: true
  /** The HTTP status; 0 when none was sent (`hang`, `reset`, `cut`, a retired host). */
  status: number
  /**
   * `ok`: carried out. `errorText`: HTTP 200 whose body says no. `penalty`: a ticket, by a quota or a fault. `fault`:
   * an injected fault other than `penalty` and `latencyMs`. `denied`: 401 for want of a permission. `refused`: everything
   * else, violations and refused orders (HTTP 200) included.
   */
  outcome: 'ok' | 'errorText' | 'penalty' | 'fault' | 'denied' | 'refused'
}

/**
 * Something that goes wrong, for the next `times` calls of `endpoint`: `login`, `renew`, `account` (everything under
 * `/account/`), `any`, a path such as `order/list` in any case, or a domain such as `order/*`. `times` is a whole number from 1 or `Infinity`;
 * default 1.
 */
export type SandboxFault = {
  endpoint: 'login' | 'renew' | 'account' | 'any' | (string & {})
  times?: number
} & (SandboxStatusFault | SandboxNamedFault | SandboxPenaltyFault | SandboxLatencyFault)

/** This answer instead of the real one; the call is not carried out. */
export interface SandboxStatusFault {
  /** 200 to 599. */
  status: number
  /** Default: empty. Sent as JSON if it begins like an object or an array. */
  body?: string
  /** Further headers, such as `{ 'retry-after': '2' }`. */
  headers?: Record<string, string>
}

/** A way to go wrong that has a name. */
export interface SandboxNamedFault {
  /**
   * - `hang`: the call is accepted and never answered; not carried out.
   * - `reset`: the connection is reset; not carried out.
   * - `cut`: the call **is carried out** (an order is placed), and the connection is reset before any answer.
   * - `truncate`: the call **is carried out** (a login opens its session), but the connection ends in the middle of the
   *   body.
   * - `garbage`: HTTP 200, declared as JSON, with a body that is none; not carried out.
   * - `wrongHost`: HTTP 307 to another port, which would serve the call, so that a client that follows without its
   *   `Authorization` gets 401 there; not carried out.
   * - `notExtending`: for `renew` only. A renewal with a new token string and the old `expirationTime`.
   */
  fault: 'hang' | 'reset' | 'cut' | 'truncate' | 'garbage' | 'wrongHost' | 'notExtending'
}

/** HTTP 200 with a penalty ticket; the call is not carried out. Calls after it without a ticket are judged as usual. */
export interface SandboxPenaltyFault {
  penalty: {
    /**
     * `p-time`: after how many seconds, by the sandbox's clock, the ticket becomes good for one call. Sent sooner, it
     * brings another penalty.
     */
    seconds: number
    /** Adds `p-captcha: true`; the ticket becomes good after `seconds` all the same. Default `false`. */
    captcha?: boolean
  }
}

/** The call is carried out at once, and its answer sent later. */
export interface SandboxLatencyFault {
  /** Real milliseconds, whatever {@link SandboxOptions.now} says. */
  latencyMs: number
}
