// The page in a real browser: what a person sees, and what other pages in the same browser get of it.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { artefact, inTabOf, launchBrowser, skipWithoutBrowser } from './cli/browser.mjs'
import { withPage } from './cli/page.mjs'

// Names that a stranger owns and has bound to this machine.
const STRANGER = 'evil.example'

describe('the page in Chromium', { skip: skipWithoutBrowser }, () => {
  let browser

  before(async () => {
    browser = await launchBrowser({ args: [`--host-resolver-rules=MAP ${STRANGER} 127.0.0.1`] })
  })

  after(() => browser?.close())

  const inTab = run => inTabOf(browser, run)

  it('shows state, accounts, events and the day, live, and no token', () =>
    withPage({}, ({ links, session, sandbox }) =>
      inTab(async tab => {
        const complaints = []
        const bodies = []
        tab.on('console', message => complaints.push(message.text()))
        tab.on('pageerror', error => complaints.push(String(error)))
        tab.on(
          'response',
          response => response.status() === 200 && !response.url().endsWith('events') && bodies.push(response.text()),
        )
        await tab.goto(links[0].href)
        await tab.getByRole('status').filter({ hasText: 'active' }).waitFor()
        assert.match(await tab.locator('#countdown').innerText(), /^01:0[45]:\d\d$/)
        await tab.locator('#accounts tr').nth(1).waitFor()
        assert.match(
          await tab.locator('#accounts tr').first().innerText(),
          /^SANDBOX500001\s+first\s+500001\s+Customer\s+yes/,
        )

        await session.renew()
        await tab.locator('#generation', { hasText: '2' }).waitFor()
        await tab.locator('#chart rect.renewals').waitFor()
        await tab.locator('#events li.token', { hasText: 'Token 2 by renewal' }).waitFor()

        sandbox.inject({ endpoint: 'renew', status: 503 })
        await assert.rejects(session.renew(), { code: 'ERR_TRADOVATE_HTTP' })
        await tab.getByRole('status').filter({ hasText: 'degraded' }).waitFor()
        await tab.locator('#chart rect.failures').waitFor()
        assert.match(
          await tab.locator('#reason').innerText(),
          /^The session is degraded\s+ERR_TRADOVATE_HTTP: .*\s+.* try again later\.\s+The next try is due at .*\.$/,
        )

        await tab.screenshot({ path: artefact('page-light.png'), fullPage: true })
        await tab.emulateMedia({ colorScheme: 'dark' })
        await tab.screenshot({ path: artefact('page-dark.png'), fullPage: true })
        assert.deepEqual(complaints, [])
        const shown = [await tab.content(), ...(await Promise.all(bodies))].join('\n')
        for (const secret of [
          session.accessToken,
          session.mdAccessToken,
          sandbox.credentials.password,
          'sandbox-token',
        ]) {
          assert.ok(!shown.includes(secret))
        }
      }),
    ))

  it('has every column of the accounts in sight on a narrow screen, each value under its title', () =>
    withPage({}, ({ links }) =>
      inTab(async tab => {
        await tab.goto(links[0].href)
        await tab.locator('#accounts tr').nth(1).waitFor()
        const titles = await tab.locator('#columns th').allInnerTexts()
        await tab.setViewportSize({ width: 390, height: 800 })
        await tab.locator('#balances').click()
        await tab.locator('td.openPnL').nth(1).waitFor()
        await tab.screenshot({ path: artefact('page-narrow.png'), fullPage: true })
        assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), 390)
        const cells = await tab
          .locator('#accounts tr')
          .first()
          .locator('td')
          .evaluateAll(found =>
            found.map(cell => ({
              title: getComputedStyle(cell, '::before').content,
              isInSight: cell.getBoundingClientRect().width > 20 && cell.getBoundingClientRect().right <= 390,
            })),
          )
        assert.equal(cells.length, titles.length + 3)
        assert.ok(
          cells.every(({ isInSight }) => isInSight),
          JSON.stringify(cells),
        )
        const expected = [
          'none',
          ...[...titles.slice(1), 'balance', 'open P&L', 'realized P&L'].map(title => `"${title}"`),
        ]
        assert.deepEqual(cells.map(({ title }) => title).sort(), expected.sort())
      }),
    ))

  it('draws nothing wrong where there is no room', () =>
    withPage({}, ({ links }) =>
      inTab(async tab => {
        const complaints = []
        tab.on('console', message => complaints.push(message.text()))
        await tab.setViewportSize({ width: 40, height: 800 })
        await tab.goto(links[0].href)
        await tab.locator('#chart rect.logins').waitFor({ state: 'attached' })
        assert.ok((await tab.evaluate(() => document.getElementById('chart').clientWidth)) < 44)
        assert.deepEqual(complaints, [])
      }),
    ))

  it('shows what comes from outside as text, whatever is in it', () => {
    const name = '<img src=x onerror=alert(1)>'
    return withPage({ users: [{ name: 'someone', password: 'canary-password', accounts: [{ name }] }] }, ({ links }) =>
      inTab(async tab => {
        await tab.goto(links[0].href)
        await tab.locator('#accounts td', { hasText: name }).waitFor()
        assert.equal(await tab.locator('#accounts img').count(), 0)
      }),
    )
  })

  it('runs no script and no style but its own, and its cookie is out of reach of scripts', () =>
    withPage({}, ({ links }) =>
      inTab(async (tab, context) => {
        await tab.goto(links[0].href)
        await tab.getByRole('status').filter({ hasText: 'active' }).waitFor()
        assert.equal(await tab.evaluate(() => document.cookie), '')
        const [cookie] = await context.cookies()
        assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict'])
        const ran = await tab.evaluate(() => {
          const script = document.createElement('script')
          try {
            script.textContent = 'globalThis.injected = true'
          } catch {
            script.append('globalThis.injected = true')
          }
          document.head.append(script)
          return globalThis.injected === true
        })
        assert.equal(ran, false)
      }),
    ))

  it('says so when tradovate-session has ended', () =>
    withPage({}, ({ links, page }) =>
      inTab(async tab => {
        await tab.goto(links[0].href)
        await tab.getByRole('status').filter({ hasText: 'active' }).waitFor()
        await page.close()
        await tab.locator('#lost', { hasText: 'No connection to tradovate-session.' }).waitFor()
      }),
    ))

  it('a link that was used opens nothing in another browser', () =>
    withPage({}, ({ links }) =>
      inTab(async tab => {
        await tab.goto(links[0].href)
        await inTab(async other => {
          assert.equal((await other.goto(links[0].href)).status(), 403)
          assert.equal((await other.goto(tab.url())).status(), 403)
        })
      }),
    ))

  it('a rebinding page gets nothing, neither with the link nor from a browser that has the cookie', () =>
    withPage({}, ({ links }) =>
      inTab(async (tab, context) => {
        const bound = path => `http://${STRANGER}:${links[0].port}${path}`
        assert.equal((await tab.goto(bound(links[0].pathname))).status(), 403)
        assert.equal((await tab.goto(links[0].href)).status(), 200)
        const { pathname } = new URL(tab.url())
        const other = await context.newPage()
        assert.equal((await other.goto(bound(pathname))).status(), 403)
        const statuses = await other.evaluate(
          paths => Promise.all(paths.map(async path => (await fetch(path, { credentials: 'include' })).status)),
          [pathname, `${pathname}events`, `${pathname}page.mjs`, links[1].pathname],
        )
        assert.deepEqual(statuses, [403, 403, 403, 403])
        assert.equal((await tab.goto(links[1].href)).status(), 200)
      }),
    ))

  for (const [what, host] of [
    ['another site', STRANGER],
    ['another port of this host', '127.0.0.1'],
  ]) {
    it(`a page of ${what} gets nothing in a browser that has the cookie`, () =>
      withPage({}, ({ links }) =>
        withForeignServer(server =>
          inTab(async (tab, context) => {
            await tab.goto(links[0].href)
            await tab.getByRole('status').filter({ hasText: 'active' }).waitFor()
            const other = await context.newPage()
            const statuses = new Set()
            other.on('response', response => {
              if (new URL(response.url()).port === links[0].port) statuses.add(response.status())
            })
            await other.goto(`http://${host}:${server.port}/`)
            const got = await other.evaluate(tryEverything, { target: tab.url(), link: links[1].href })
            assert.deepEqual(got, {
              read: [],
              opaque: [],
              script: 'refused',
              image: 'refused',
              live: 'refused',
              frame: 'unreadable',
            })
            assert.ok(!statuses.has(200) && !statuses.has(303), [...statuses].join())
            assert.deepEqual(server.cookies, [], 'the cookie is not shown to a neighbour')
            assert.equal((await tab.goto(links[1].href)).status(), 200, 'the link is not used up')
          }),
        ),
      ))
  }

  it('the link is refused when another page leads to it', () =>
    withPage({}, ({ links }) =>
      withForeignServer(server =>
        inTab(async tab => {
          await tab.goto(`http://${STRANGER}:${server.port}/`)
          const answer = tab.waitForResponse(response => response.url() === links[0].href)
          await tab.evaluate(href => {
            location.href = href
          }, links[0].href)
          assert.equal((await answer).status(), 403)
        }),
      ),
    ))
})

/** What a page can try to get at another one. Runs in the browser. */
async function tryEverything({ target, link }) {
  const paths = [target, `${target}events`, `${target}page.mjs`, `${target}icon.svg`, link]
  const read = []
  const opaque = []
  for (const path of paths) {
    for (const credentials of ['include', 'omit']) {
      await fetch(path, { credentials }).then(
        answer => read.push(answer.status),
        () => {},
      )
      const blind = await fetch(path, { credentials, mode: 'no-cors' }).catch(() => undefined)
      if (blind && (blind.type !== 'opaque' || blind.status !== 0)) opaque.push(blind.type)
    }
  }
  const loads = (name, attributes) =>
    new Promise(resolve => {
      const element = Object.assign(document.createElement(name), attributes)
      element.addEventListener('load', () => resolve('loaded'))
      element.addEventListener('error', () => resolve('refused'))
      document.body.append(element)
    })
  const live = new EventSource(`${target}events`, { withCredentials: true })
  const told = new Promise(resolve => {
    live.addEventListener('message', () => resolve('told'))
    live.addEventListener('error', () => resolve('refused'))
  })
  const frame = document.createElement('iframe')
  frame.src = target
  const framed = new Promise(resolve => frame.addEventListener('load', resolve))
  document.body.append(frame)
  await framed
  let inside = 'unreadable'
  try {
    if (frame.contentDocument) inside = frame.contentDocument.body.innerText
  } catch {}
  return {
    read,
    opaque,
    script: await loads('script', { src: `${target}page.mjs` }),
    image: await loads('img', { src: `${target}icon.svg` }),
    live: await told,
    frame: inside,
  }
}

/** A server of somebody else's on this machine; `cookies` are those that it was shown. */
async function withForeignServer(run) {
  const cookies = []
  const server = createServer((request, response) => {
    if (request.headers.cookie) cookies.push(request.headers.cookie)
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>elsewhere</title><body>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await run({ port: server.address().port, cookies })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
