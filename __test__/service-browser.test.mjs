// Promise 23: no page in a browser gets anything of a token service's port, whatever it is called by and whatever it knows.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import tradovate from '../index.js'
import { launchBrowser, skipWithoutBrowser } from './cli/browser.mjs'
import { withSandbox } from './cli/command.mjs'

const STRANGER = 'evil.example'
const PATHS = ['/v1/token', '/v1/token?after=0&wait=1', '/v1/accounts', '/v1/token/rejected']

describe('promise 23: a token service at a port, and a browser', { skip: skipWithoutBrowser }, () => {
  let browser

  before(async () => {
    browser = await launchBrowser({ args: [`--host-resolver-rules=MAP ${STRANGER} 127.0.0.1`] })
  })

  after(() => browser?.close())

  /** Runs `run({ tab, port, secret, token, sandbox })`. */
  function withService(run) {
    return withSandbox({}, async sandbox => {
      const folder = mkdtempSync(join(tmpdir(), 'service-'))
      const { baseUrl, credentials } = sandbox
      const session = await tradovate.Session.open(credentials, { baseUrl, store: { type: 'memory' } })
      const service = await session.serve({ port: 0, secretFile: join(folder, 'secret') })
      const { port, secretFile } = service.address
      const tab = await browser.newPage()
      try {
        const secret = readFileSync(secretFile, 'utf8').trim()
        await run({ tab, port, secret, token: session.accessToken, sandbox })
      } finally {
        await tab.close()
        await service.close()
        await session.close()
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }

  it('the service itself is well: a client that is no browser gets the token', () =>
    withService(async ({ port, secret, token }) => {
      const headers = { 'X-Token-Service': '1', Authorization: `Bearer ${secret}` }
      // By node:http, since Node's fetch says Sec-Fetch-Mode as a browser does.
      const answer = await plainGet(port, '/v1/token', headers)
      assert.deepEqual([answer.status, JSON.parse(answer.body).accessToken], [200, token])
    }))

  it('a rebinding page gets nothing, even if it knows the secret', () =>
    withService(async ({ tab, port, secret, token, sandbox }) => {
      const answer = await tab.goto(`http://${STRANGER}:${port}/v1/token`)
      assert.ok(answer.status() >= 400, String(answer.status()))
      // The answer is a page of the stranger's origin by now: what follows are requests to its own origin.
      for (const headers of [{}, { 'X-Token-Service': '1', Authorization: `Bearer ${secret}` }]) {
        const answers = await tab.evaluate(ask, { paths: PATHS, headers })
        for (const { status, body } of answers) {
          assert.ok(status >= 400 && !body.includes(token), `${status} ${body}`)
        }
      }
      assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 0])
    }))

  for (const host of [STRANGER, '127.0.0.1', 'localhost']) {
    it(`a page of another server at ${host} gets nothing, even if it knows the secret`, () =>
      withService(({ tab, port, secret, sandbox }) =>
        withForeignPage(async foreign => {
          await tab.goto(`http://${host}:${foreign}/`)
          for (const headers of [{}, { 'X-Token-Service': '1', Authorization: `Bearer ${secret}` }]) {
            const paths = PATHS.map(path => `http://127.0.0.1:${port}${path}`)
            const answers = await tab.evaluate(ask, { paths, headers })
            assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([0]))
          }
          assert.deepEqual([sandbox.counts.logins, sandbox.counts.renewals], [1, 0])
        }),
      ))
  }

  it('a person who opens its address in a browser gets nothing', () =>
    withService(async ({ tab, port, token }) => {
      for (const path of ['/', ...PATHS]) {
        const answer = await tab.goto(`http://127.0.0.1:${port}${path}`)
        assert.ok(answer.status() >= 400, `${path} ${answer.status()}`)
        assert.ok(!(await answer.text()).includes(token))
      }
    }))
})

/** What a page gets of each path, by GET and by POST; status 0 where it may not even see the answer. Runs in the browser. */
async function ask({ paths, headers }) {
  const answers = []
  for (const path of paths) {
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? '{"generation":1,"status":401}' : undefined
      answers.push(
        await fetch(path, { method, body, headers }).then(
          async answer => ({ status: answer.status, body: await answer.text() }),
          () => ({ status: 0, body: '' }),
        ),
      )
    }
  }
  return answers
}

async function plainGet(port, path, headers) {
  const request = get({ host: '127.0.0.1', port, path, headers })
  const [response] = await once(request, 'response')
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  return { status: response.statusCode, body }
}

async function withForeignPage(run) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>elsewhere</title>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await run(server.address().port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
