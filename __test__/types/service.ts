// Compiled, not run: a token service and its dependents.

import type { ConnectOptions, ServeOptions, ServiceAddress, TokenService, TokenSource } from 'tradovate-session'
import { connect, ServiceError, type Session, TokenClient } from 'tradovate-session'

const everyAddress: ServiceAddress[] = [{ socketPath: '/run/token.sock' }, { port: 0, secretFile: '/run/secret' }]
const serving: ServeOptions[] = [{ socketPath: '/run/token.sock', metricsPort: 9464 }, ...everyAddress]
const connecting: ConnectOptions = {
  port: 7450,
  secretFile: '/run/secret',
  environment: 'live',
  userId: 1,
  timeoutMs: 1000,
  signal: new AbortController().signal,
}

// @ts-expect-error: a port needs its secret
export const bare: ServiceAddress = { port: 7450 }

export async function shares(session: Session): Promise<void> {
  const [options] = serving
  if (!options) return
  await using service: TokenService = await session.serve(options)
  const client: TokenClient = await connect({ ...service.address, environment: 'demo' })
  const source: TokenSource = client
  const port: number | undefined = service.metricsPort
  const dependents: number = service.dependents
  client.on('token', ({ generation, how }) => console.log(generation, how, port, dependents))
  await source.close()
}

export async function cannotRenew(): Promise<void> {
  await using client = await connect(connecting)
  // @ts-expect-error: a dependent cannot make its service renew
  await client.renew()
  // @ts-expect-error: only connect() makes one
  new TokenClient()
  if (client instanceof TokenClient) console.log(client.accessToken)
  const error = new ServiceError('gone')
  console.log(error.code === 'ERR_TRADOVATE_SERVICE_MISMATCH')
}
