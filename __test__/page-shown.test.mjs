// What the page tells a trader: in which environment he is, whether he is needed, what is left, and what his accounts hold.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inTabOf, launchBrowser, skipWithoutBrowser } from './cli/browser.mjs'
import { withPage } from './cli/page.mjs'

/** Makes a session be contended: evicted again right after it was taken back. */
async function contend({ session, sandbox }) {
  await session.getAccounts()
  sandbox.evict()
  await session.getAccounts()
  sandbox.evict()
  await assert.rejects(session.getAccounts(), { code: 'ERR_TRADOVATE_CONTENDED' })
}

async function needCaptcha({ session, sandbox }) {
  sandbox.inject({ endpoint: 'renew', penalty: { seconds: 1, captcha: true } })
  await assert.rejects(session.renew(), { code: 'ERR_TRADOVATE_CAPTCHA' })
}

async function beRefused({ session, sandbox }) {
  await session.getAccounts()
  const body = JSON.stringify({ errorText: 'Incorrect username or password.' })
  sandbox.inject({ endpoint: 'login', status: 200, body })
  sandbox.evict()
  await assert.rejects(session.getAccounts(), { code: 'ERR_TRADOVATE_CREDENTIALS' })
}

async function failToRenew({ session, sandbox }) {
  sandbox.inject({ endpoint: 'renew', status: 503 })
  await assert.rejects(session.renew(), { code: 'ERR_TRADOVATE_HTTP' })
}

const calls = (sandbox, endpoint) => sandbox.log.filter(call => call.endpoint === endpoint).length
const BALANCE = 'cashbalance/getcashbalancesnapshot'

describe('the page for a trader', { skip: skipWithoutBrowser }, () => {
  let browser

  before(async () => {
    browser = await launchBrowser()
  })

  after(() => browser?.close())

  /** Runs `run(tab, page)` with the page of a session in a tab; `options` are the sandbox', the session's and the tab's. */
  const atPage = ({ tab: tabOptions, ...options }, run) =>
    withPage(options, page =>
      inTabOf(
        browser,
        async tab => {
          await tab.goto(page.links[0].href)
          await tab.getByRole('status').filter({ hasText: 'active' }).waitFor()
          await run(tab, page)
        },
        tabOptions,
      ),
    )

  for (const [state, bring, { needsPerson = true, code, tone = 'bad' }] of [
    ['contended', contend, { code: 'CONTENDED' }],
    ['degraded', needCaptcha, { code: 'CAPTCHA' }],
    ['stopped', beRefused, { code: 'CREDENTIALS' }],
    ['degraded', failToRenew, { code: 'HTTP', needsPerson: false, tone: 'warn' }],
  ]) {
    it(`${state} by ${code}: a banner of its tone, readable, and no sentence twice on the page`, () =>
      atPage({}, async (tab, page) => {
        await bring(page)
        await tab.locator(`#state.${tone}`, { hasText: state }).waitFor()
        await tab.locator(`#reason.${tone}`, { hasText: `ERR_TRADOVATE_${code}` }).waitFor()
        assert.equal((await tab.title()).startsWith('PERSON NEEDED, LIVE'), needsPerson)
        const banner = await tab.locator('#reason').innerText()
        assert.equal(banner.startsWith('A person is needed'), needsPerson)
        assert.ok((banner.match(/resume/g) ?? []).length <= 1 && !banner.includes('resume()'), banner)

        const sentences = sentencesOf(await tab.locator('body').innerText())
        const twice = sentences.filter((sentence, i) => sentences.indexOf(sentence) !== i)
        assert.deepEqual(twice, [])
        for (const sentence of sentencesOf(await tab.locator('#events').innerText())) {
          assert.ok(!banner.includes(sentence), sentence)
        }

        for (const colorScheme of ['light', 'dark']) {
          await tab.emulateMedia({ colorScheme })
          assert.deepEqual(await tab.evaluate(unreadableTexts), [], colorScheme)
          const colours = await tab.locator('#reason').evaluate(banner => getComputedStyle(banner).borderLeftColor)
          const [red, green, blue] = colours.match(/\d+/g).map(Number)
          assert.ok(
            tone === 'bad' ? red > green + 80 && red > blue + 80 : green > blue + 80,
            `${colorScheme} ${colours}`,
          )
        }
      }))
  }

  it('has no banner while all is well', () =>
    atPage({}, async tab => {
      assert.ok(await tab.locator('#reason').isHidden())
      assert.ok(await tab.locator('#lost').isHidden())
    }))

  for (const [environment, pattern] of [
    ['live', /^LIVE – real money, at 127\.0\.0\.1:\d+$/],
    ['demo', /^Demo – simulation or evaluation, at 127\.0\.0\.1:\d+$/],
  ]) {
    it(`says ${environment} over the whole width, however far one scrolls, and in the title`, () =>
      atPage({ environment }, async tab => {
        await tab.setViewportSize({ width: 800, height: 400 })
        await tab.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
        const bar = tab.locator('#environment')
        assert.match(await bar.innerText(), pattern)
        const { x, y, width } = await bar.boundingBox()
        assert.deepEqual([x, y, width], [0, 0, 800])
        assert.match(await tab.title(), environment === 'live' ? /^LIVE active/ : /^demo active/)
        const ground = await bar.evaluate(element => getComputedStyle(element).backgroundColor)
        const [red, , blue] = ground.match(/\d+/g).map(Number)
        assert.equal(red > blue + 80, environment === 'live', ground)
      }))
  }

  it('shows dependents, budgets, the address, the last good call, and times in the zone that it names', () =>
    atPage({ tab: { timezoneId: 'Asia/Dubai' } }, async (tab, { session, service }) => {
      service.dependents = 57
      await session.renew()
      await tab.locator('#dependents', { hasText: '57' }).waitFor()
      assert.match(
        await tab.locator('#budget').innerText(),
        /^Logins\s+2 of 3 in 10 minutes\s+Renewals\s+11 of 12 in an hour$/,
      )
      await tab.locator('#address', { hasText: '1 of 12 in the last hour' }).waitFor()
      assert.match(
        await tab.locator('#address').innerText(),
        /^Renewals\s+1 of 12 in the last hour\s+Refused logins\s+0 of 4 in the last hour\s+Logins kept alive\s+1$/,
      )
      await tab.locator('#last-call', { hasText: /^(renewal|list of accounts), \d\d:\d\d:\d\d \(/ }).waitFor()
      assert.equal(await tab.locator('#zone').innerText(), 'Asia/Dubai (UTC+04:00)')
      const there = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'Asia/Dubai' })
      assert.equal(await tab.locator('#renews-at').innerText(), there.format(session.status().renewsAt))
    }))

  it('asks for balances by a click only, once a minute at most, and shows them with their time', () =>
    atPage({}, async (tab, { sandbox, session }) => {
      await tab.locator('#accounts tr').nth(1).waitFor()
      const button = tab.locator('#balances')
      assert.equal(await button.innerText(), 'Ask for balances (2 calls)')
      await session.renew()
      await tab.locator('#generation', { hasText: '2' }).waitFor()
      assert.equal(calls(sandbox, BALANCE), 0)
      await button.click()
      await tab.locator('td.totalCashValue').nth(1).waitFor()
      assert.match(
        await tab.locator('#accounts tr').first().innerText(),
        /^SANDBOX500001\s+first\s+50,000\.00\s+0\.00\s+0\.00\s/,
      )
      await tab.locator('#balances-told', { hasText: /^asked at \d\d:\d\d:\d\d \(.*\), again in / }).waitFor()
      assert.ok(await button.isDisabled())
      assert.equal(calls(sandbox, BALANCE), 2)
    }))

  it('shows a balance that Tradovate refuses as such, and the other ones', () =>
    atPage({}, async (tab, { sandbox }) => {
      await tab.locator('#accounts tr').nth(1).waitFor()
      sandbox.inject({ endpoint: BALANCE, status: 403 })
      await tab.locator('#balances').click()
      await tab.locator('#balance-failures li', { hasText: /^SANDBOX500001: ERR_TRADOVATE_FORBIDDEN: / }).waitFor()
      await tab.locator('#accounts tr').nth(1).locator('td.totalCashValue', { hasText: '50,000.00' }).waitFor()
      assert.equal(await tab.locator('#accounts tr').first().locator('td.totalCashValue').innerText(), '–')
    }))

  it('says what an empty list of accounts usually means', () =>
    atPage({ users: [{ name: 'someone', password: 'canary-password-7f3a', accounts: [] }] }, async tab => {
      await tab.locator('#no-accounts', { hasText: 'That usually means the wrong environment.' }).waitFor()
      assert.ok(await tab.locator('#balances').isHidden())
    }))

  it('notifies when a person is needed, if that was asked for by a click, and takes it back afterwards', () =>
    withPage({}, page =>
      inTabOf(browser, async tab => {
        await tab.addInitScript(standInForNotifications)
        await tab.goto(page.links[0].href)
        const button = tab.getByRole('button', { name: 'Notify me when a person is needed' })
        await button.waitFor()
        assert.deepEqual(await tab.evaluate(() => globalThis.noted), [], 'no permission is asked for without a click')
        await button.click()
        await tab.locator('#notified', { hasText: 'Notifies when a person is needed' }).waitFor()
        assert.ok(await button.isHidden())
        await contend(page)
        await tab.locator('#reason.bad').waitFor()
        const [asked, [what, title, body]] = await tab.evaluate(() => globalThis.noted)
        assert.deepEqual([asked, what, title], ['asked', 'shown', 'A person is needed (LIVE)'])
        assert.match(body, /^ERR_TRADOVATE_CONTENDED: .*then run tradovate-session resume\.$/)
        await page.session.resume()
        await tab.locator('#reason').waitFor({ state: 'hidden' })
        assert.deepEqual(await tab.evaluate(() => globalThis.noted.slice(2)), ['closed'])
      }),
    ))

  it('notifies of nothing without the permission', () =>
    withPage({}, page =>
      inTabOf(browser, async tab => {
        await tab.addInitScript(standInForNotifications)
        await tab.goto(page.links[0].href)
        await tab.getByRole('status').filter({ hasText: 'active' }).waitFor()
        await contend(page)
        await tab.locator('#reason.bad').waitFor()
        assert.deepEqual(await tab.evaluate(() => globalThis.noted), [])
      }),
    ))
})

/** A full stop ends a sentence where a blank follows. What is no sentence, such as a number with its title, may come twice. */
function sentencesOf(text) {
  return text
    .split(/\n|(?<=[.!?])\s/)
    .map(part => part.trim())
    .filter(part => /[.!?]$/.test(part) && !part.endsWith('as above.'))
}

/** The texts with less contrast than WCAG wants of text, 4.5 to 1. Runs in the browser. */
function unreadableTexts() {
  const channels = colour => colour.match(/[\d.]+/g).map(Number)
  const luminance = colour => {
    const [red, green, blue] = channels(colour).map(value => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const groundOf = element => {
    const { backgroundColor } = getComputedStyle(element)
    return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor
  }
  const found = []
  for (const element of document.body.querySelectorAll('*')) {
    const isText = Array.from(element.childNodes).some(node => node.nodeType === 3 && node.textContent.trim() !== '')
    if (!isText || element.closest('svg') || element.getClientRects().length === 0) continue
    const { color } = getComputedStyle(element)
    const [light, dark] = [luminance(color), luminance(groundOf(element))].sort((a, b) => b - a)
    const contrast = (light + 0.05) / (dark + 0.05)
    if (contrast < 4.5) found.push(`${element.textContent.trim().slice(0, 30)}: ${contrast.toFixed(2)}`)
  }
  return found
}

/** Puts something in the place of the browser's notifications that notes what is done with them. Runs in the browser. */
function standInForNotifications() {
  globalThis.noted = []
  globalThis.Notification = class {
    static permission = 'default'
    static async requestPermission() {
      globalThis.noted.push('asked')
      globalThis.Notification.permission = 'granted'
    }
    constructor(title, { body }) {
      globalThis.noted.push(['shown', title, body])
    }
    close() {
      globalThis.noted.push('closed')
    }
  }
}
