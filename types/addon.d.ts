// What the compiled addon exports: made by "node scripts/declarations.mjs", not by hand.

/** The calls of one JavaScript thread. */
export class Bridge {
  /**
   * `settle` ends a call: its number, its JSON text or error, the session's generation, and whether the text is only a
   * piece of a long list and more is to come; a piece with values is a table, any other a list. The bytes are the body that
   * `fetch()` gives. `wakeup` gets the number of a session whose `snapshot()` has something new.
   */
  constructor(
    settle: (
      id: number,
      text: string | null,
      error: string | null,
      generation: number,
      more: boolean,
      values: Float64Array | null,
      bytes: Uint8Array | null,
    ) => void,
    wakeup: (session: number) => void,
  )
  /** Drops a call and its request. */
  cancel(id: number): void
  /** Traces the call that is started next under this number. */
  trace(id: number): void
  /**
   * Ends the trace of a call, and gives its notes so far: JSON, `{ attempts, url, status, requestMs, generation }`, in which
   * `url` is the REST base and an unknown value is null.
   */
  traced(id: number): string | null
  /** Requests a token. `options` is JSON, here and below: `{ environment, baseUrl, timeoutMs }`. */
  getAccessToken(id: number, credentials: string, options: string): void
  /** Renews a token. */
  renewAccessToken(id: number, accessToken: string, options: string): void
  /** Lists the accounts. */
  getAccounts(id: number, accessToken: string, options: string): void
  /** Hands each line of the core's log to `line`, as JSON. The level that is given first counts for the whole process. */
  log(level: string, line: (arg: string) => void): void
  /**
   * The status of a login by its store alone: it has no counts, and is nothing if nothing is stored. Of the credentials
   * only name, appId and cid count.
   */
  storedStatus(id: number, config: string, identity: string, storeKey?: Uint8Array | undefined | null): void
}

/** A token service as the facade holds it. */
export class ServiceHandle {
  /** A service that `SessionHandle.serve` opens. */
  constructor(bridge: Bridge)
  /** Takes an address for a service that `SessionHandle.serve` opens later. */
  bind(id: number, options: string): void
  /** Dependents that wait for the next token now; none if no service is open. */
  dependents(): number
  /** Ends the service, and every connection to it, or gives up what is bound. */
  close(id: number): void
}

/** A session as the facade holds it. */
export class SessionHandle {
  /** Its thread knows it by `number`, and is woken with it when `snapshot()` has something new. */
  constructor(bridge: Bridge, number: number)
  /** The count of changes in what `snapshot()` tells: one number, to be read by `Atomics.load`. It can be had once. */
  changes(): Uint32Array
  /** Starts the keeper; settles when a usable token is at hand. `store_key` seals the record. */
  open(id: number, config: string, credentials: string, storeKey?: Uint8Array | undefined | null): void
  /** Settles when there is a token that is good for a while. */
  token(id: number, timeoutMs: number): void
  /** Renews, unless there is a newer token than generation `have`. */
  renew(id: number, have: number, timeoutMs: number): void
  /** Goes on after a person has done what they were asked to do; settles when there is a usable token. */
  resume(id: number, timeoutMs: number): void
  /** Answers a question about accounts; settles with one JSON text, empty if there is no such account. */
  accounts(id: number, question: string, timeoutMs: number): void
  /** Makes a call; settles with the answer's JSON text. */
  request(
    id: number,
    verb: string,
    path: string,
    query: string,
    body: string | undefined | null,
    hostPurpose: string | undefined | null,
    timeoutMs: number,
  ): void
  /** Whether logins and renewals are traced: their beginning is then told at once, and else with the next change. */
  setTraced(isTraced: boolean): void
  /**
   * Makes a call, `{ method, path, query, body, purpose, timeoutMs }` as JSON; settles with the server's answer, whatever it
   * means: `{ url, status, reason, headers }` as JSON, and the body as bytes.
   */
  fetch(id: number, call: string): void
  /** The token, its times, and the events since the last call. */
  snapshot(): string
  /**
   * The host and the URLs of a purpose, as Tradovate told them last, and the base URL that it began with; nothing before there
   * is a session.
   */
  host(name: string): string | null
  /** The status of the session; nothing before there is one. */
  status(): string | null
  /** Answers a request for credentials. */
  provide(ask: number, credentials: string): void
  /** Says that the credentials function failed; the number stands for what it threw. */
  decline(ask: number, reason: number): void
  /** Settles once nothing is under way any more for a session that was closed. */
  ended(id: number): void
  /** Stops the keeper; whatever else waits on the session is settled first. */
  close(id: number): void
  /**
   * Opens a service for this session's token, where its handle is bound or else where the options say; settles with its
   * address, and the port for metrics, as JSON.
   */
  serve(id: number, service: ServiceHandle, options: string): void
  /** Becomes a dependent of a service; settles when its token is here. */
  connect(id: number, options: string): void
}

/** Every error as `{ code, class, needsPerson }`. Tests compare the facade, its declarations and docs/errors.md with it. */
export function errorCatalogue(): string

/** The values that the facade may hand over, and the core's defaults, as JSON. A test compares the facade's own with them. */
export function inputCatalogue(): string
