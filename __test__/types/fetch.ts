// Compiled, not run: where a session's fetch is taken.

import ky from 'ky'
import createClient from 'openapi-fetch'
import type { Session, TokenClient, TokenSource } from 'tradovate-session'

interface Paths {
  '/contract/find': {
    get: {
      parameters: { query: { name: string } }
      responses: { 200: { content: { 'application/json': { id: number; name: string } } } }
    }
  }
}

export async function everyClient(session: Session, client: TokenClient): Promise<void> {
  const standard: typeof globalThis.fetch = session.fetch
  const bare: (input: string) => Promise<Response> = client.fetch
  const baseUrl = 'https://demo.tradovateapi.com/v1'
  const { data } = await createClient<Paths>({ baseUrl, fetch: session.fetch }).GET('/contract/find', {
    params: { query: { name: 'ESZ6' } },
  })
  const name: string | undefined = data?.name
  const list: unknown[] = await ky.create({ prefixUrl: baseUrl, fetch: client.fetch }).get('order/list').json()
  await standard(baseUrl, { method: 'POST', body: [name, list].join() })
  await bare('/order/list')
}

export async function everyInput({ fetch }: TokenSource, signal: AbortSignal): Promise<unknown> {
  const request = new Request('https://demo.tradovateapi.com/v1/order/list', { signal })
  const responses = await Promise.all([fetch('/order/list'), fetch(new URL(request.url)), fetch(request, { signal })])
  const body = new Uint8Array([123, 125])
  responses.push(await fetch('/a/b', { method: 'POST', body, signal: null, headers: { accept: 'a' } }))
  return responses[0].json()
}

export function refused({ fetch }: TokenSource): void {
  // @ts-expect-error: a path, a URL or a Request
  fetch(5)
  // @ts-expect-error: the fields of fetch, and not of request
  fetch('/order/list', { timeoutMs: 5 })
  // @ts-expect-error: text or bytes, and no object
  fetch('/order/placeorder', { method: 'POST', body: { accountId: 5 } })
}
