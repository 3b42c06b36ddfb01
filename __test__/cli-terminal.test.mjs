// The command tradovate-session as a person sees it: in a terminal.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PASSWORD, Run, SEC, skipWithoutTerminal, variablesOf, withSandbox } from './cli/command.mjs'

const MEMORY = ['--store', 'memory']
const COLOUR = /␛\[\d+m/

/** With the codes that steer a terminal as text that can be read and matched. */
const visible = output => output.replaceAll('\u001b', '␛')

/** What is on the screen at the end: of frames that were drawn over one another only the last. */
function screen(output) {
  const lines = ['']
  for (const [piece, up] of visible(output).matchAll(/␛\[(\d+)A\s␛\[J|\n|[^\n␛]+|␛\[\d+m/g)) {
    if (up !== undefined) lines.splice(lines.length - 1 - Number(up), Number(up) + 1, '')
    else if (piece === '\n') lines.push('')
    else if (!COLOUR.test(piece)) lines[lines.length - 1] += piece.replaceAll('\r', '')
  }
  return lines.join('\n')
}

describe('in a terminal', { skip: skipWithoutTerminal }, () => {
  it('watch redraws one view with state, a bar, the generation and the events', () =>
    withSandbox({ tokenLifetimeMs: 3_000 }, async sandbox => {
      const watching = new Run(['watch', ...MEMORY], { terminal: true, env: variablesOf(sandbox) })
      await watching.shows(/Token 2 by renewal/)
      watching.type('\u0003')
      const { status, stdout } = await watching.end()
      assert.equal(status, 0)
      assert.match(visible(stdout), COLOUR)
      const shown = screen(stdout)
      assert.equal(shown.match(/Next renewal \[[#-]{30}\] +\d+ % {2}(in \d s|now)/g).length, 1, shown)
      assert.match(shown, /^Session active \(127\.0\.0\.1:\d+, user 1001\)$/m)
      assert.match(shown, /^Token 2 is good until \d\d:\d\d:\d\d, in \d s\.$/m)
      assert.match(shown, /^1 login, 1 renewal, 0 adoptions, 0 failures\.$/m)
      assert.match(shown, /^\d\d:\d\d:\d\d {2}Token 1 by login.*\n\d\d:\d\d:\d\d {2}Token 2 by renewal/m)
    }))

  it('NO_COLOR leaves the bar and takes the colours', () =>
    withSandbox({}, async sandbox => {
      const env = { ...variablesOf(sandbox), NO_COLOR: '1' }
      const watching = new Run(['watch', ...MEMORY], { terminal: true, env })
      await watching.shows(/Next renewal \[[#-]{30}\]/)
      watching.type('\u0003')
      const { status, stdout } = await watching.end()
      assert.equal(status, 0)
      assert.doesNotMatch(visible(stdout), COLOUR)
    }))

  it('a terminal that can do nothing gets plain lines', () =>
    withSandbox({}, async sandbox => {
      const env = { ...variablesOf(sandbox), TERM: 'dumb' }
      const watching = new Run(['watch', ...MEMORY], { terminal: true, env })
      await watching.shows(/Token 1 by login/)
      watching.type('\u0003')
      const { status, stdout } = await watching.end()
      assert.equal(status, 0)
      assert.ok(!stdout.includes('\u001b') && !stdout.includes('[#'), stdout)
    }))

  it('an error is red, and still one line', () =>
    withSandbox({}, async sandbox => {
      const env = { ...variablesOf(sandbox), TRADOVATE_PASSWORD: 'wrong' }
      const { status, stdout } = await new Run(['token', ...MEMORY], { terminal: true, env }).end()
      assert.equal(status, 3)
      assert.match(visible(stdout), /^␛\[31mERR_TRADOVATE_CREDENTIALS: [^\r\n]+␛\[0m\r\n$/)
    }))

  it('asks for credentials and shows neither password nor sec', () =>
    withSandbox({}, async sandbox => {
      const env = { TRADOVATE_BASE_URL: sandbox.baseUrl, NO_COLOR: '1' }
      const asking = new Run(['accounts', ...MEMORY], { terminal: true, env })
      await asking.shows(/Name: /)
      asking.type('someonx\u007fe\r')
      await asking.shows(/Password \(not shown\): /)
      asking.type(`${PASSWORD}\r`)
      await asking.shows(/App id/)
      asking.type('\r')
      await asking.shows(/App version/)
      asking.type('\r')
      await asking.shows(/cid/)
      asking.type('8\r')
      await asking.shows(/sec \(not shown/)
      asking.type(`${SEC}\r`)
      const { status, stdout } = await asking.end()
      assert.equal(status, 0, stdout)
      assert.match(stdout, /SANDBOX500001/)
      assert.match(stdout, /Name: .*someon/)
      assert.doesNotMatch(stdout, /\*/)
      assert.equal(sandbox.counts.logins, 1)
    }))

  it('takes answers that are pasted all at once, and shows no more of them', () =>
    withSandbox({}, async sandbox => {
      const asking = new Run(['token', ...MEMORY], {
        terminal: true,
        env: {
          TRADOVATE_BASE_URL: sandbox.baseUrl,
          TRADOVATE_CID: '8',
          TRADOVATE_APP_ID: 'x',
          TRADOVATE_APP_VERSION: '1',
        },
      })
      await asking.shows(/Name: /)
      asking.type(`someone\r${PASSWORD}\r${SEC}\r`)
      const { status, stdout } = await asking.end()
      assert.equal(status, 0, stdout)
      assert.match(stdout, /Token 1 is good until/)
    }))

  it('asks only for what is missing', () =>
    withSandbox({}, async sandbox => {
      const { TRADOVATE_PASSWORD: _, ...env } = variablesOf(sandbox)
      const asking = new Run(['token', ...MEMORY], { terminal: true, env })
      await asking.shows(/^Password \(not shown\): /)
      asking.type(`${PASSWORD}\r`)
      const { status, stdout } = await asking.end()
      assert.equal(status, 0)
      assert.match(stdout, /^Password \(not shown\): \r\nToken 1 is good/)
    }))

  for (const [what, key] of [
    ['nothing', '\r'],
    ['the end of the input', '\u0004'],
  ]) {
    it(`${what} for a name is a usage error and sends nothing`, () =>
      withSandbox({}, async sandbox => {
        const asking = new Run(['token'], { terminal: true, env: { TRADOVATE_BASE_URL: sandbox.baseUrl } })
        await asking.shows(/Name: /)
        asking.type(key)
        const { status, stdout } = await asking.end()
        assert.equal(status, 2)
        assert.match(stdout, /ERR_USAGE: Without a name there is no login\./)
        assert.equal(sandbox.counts.calls, 0)
      }))
  }

  it('Ctrl-C at a prompt ends it by the signal and gives the terminal back', () =>
    withSandbox({}, async sandbox => {
      const asking = new Run(['token'], { terminal: true, env: { TRADOVATE_BASE_URL: sandbox.baseUrl } })
      await asking.shows(/Name: /)
      asking.type('\u0003')
      const { status } = await asking.end()
      assert.equal(status, 128 + 2)
      assert.equal(sandbox.counts.calls, 0)
    }))
})
