// A Tradovate that gives tokens, notes every other request as it came, and answers it as the test says.

import { once } from 'node:events'
import { createServer } from 'node:http'

export const TOKEN = 'canary-token-of-the-session'

export class Upstream {
  /** What came beside the calls for a token: verb, path with query, headers and body. */
  requests = []
  #server
  #answer

  /** `answer(request, response)` answers every call but those for a token. */
  static async start(answer) {
    const upstream = new Upstream()
    upstream.#answer = answer
    upstream.#server = createServer((request, response) => upstream.#serve(request, response))
    await once(upstream.#server.listen(0, '127.0.0.1'), 'listening')
    return upstream
  }

  get baseUrl() {
    return `http://127.0.0.1:${this.#server.address().port}/v1`
  }

  close() {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #serve(request, response) {
    const chunks = await request.toArray()
    const { method, url, headers } = request
    if (url.startsWith('/v1/auth/')) {
      const expirationTime = new Date(Date.now() + 3_600_000).toISOString()
      response.end(JSON.stringify({ accessToken: TOKEN, expirationTime, userId: 1 }))
      return
    }
    this.requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    this.#answer(request, response)
  }
}
