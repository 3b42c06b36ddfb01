// Compiled, not run: what may be left out may be undefined, as a value that somebody else did not give often is.

import type {
  CallOptions,
  ConnectOptions,
  Credentials,
  RequestOptions,
  ServeOptions,
  SessionOptions,
  StoreOptions,
  WaitOptions,
} from 'tradovate-session'

export const credentials: Credentials = {
  name: 'a',
  password: 'b',
  appId: process.env.APP_ID,
  appVersion: process.env.APP_VERSION,
  deviceId: process.env.DEVICE_ID,
  cid: process.env.CID,
  sec: process.env.SEC,
}
export const call: CallOptions = {
  environment: undefined,
  baseUrl: process.env.BASE_URL,
  timeoutMs: undefined,
  signal: undefined,
}
export const stores: StoreOptions[] = [
  { type: 'file', path: process.env.FOLDER, key: undefined },
  { type: 'redis', url: 'redis://localhost', prefix: process.env.PREFIX, key: undefined },
]
export const session: SessionOptions = {
  ...call,
  renewBeforeMs: undefined,
  store: undefined,
  onEviction: undefined,
  maxLogins: undefined,
  keepProcessAlive: undefined,
  keepWarm: undefined,
}
export const wait: WaitOptions = { timeoutMs: undefined, signal: undefined }
export const request: RequestOptions = { ...wait, query: undefined, body: undefined, purpose: undefined }
export const serving: ServeOptions = { socketPath: '/a', metricsPort: undefined }
export const connecting: ConnectOptions = {
  socketPath: '/a',
  environment: undefined,
  userId: undefined,
  timeoutMs: undefined,
  keepWarm: undefined,
  signal: undefined,
}

declare const process: { env: Record<string, string | undefined> }

export function refused(): unknown[] {
  return [
    // @ts-expect-error: a password is required
    { name: 'a', password: undefined } satisfies Credentials,
    // @ts-expect-error: a Redis is somewhere
    { type: 'redis', url: undefined } satisfies StoreOptions,
    // @ts-expect-error: both parts are needed
    { maxLogins: { count: 1, withinMs: undefined } } satisfies SessionOptions,
    // @ts-expect-error: a parameter without a value is none
    { query: { a: undefined } } satisfies RequestOptions,
  ]
}
