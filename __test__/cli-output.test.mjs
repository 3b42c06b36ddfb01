// tradovate-session where what it prints cannot be written, as on a full disk.

import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import failure from '../cli/failure.js'
import terminal from '../cli/terminal.js'
import { Run, runToEnd, variablesOf, withSandbox } from './cli/command.mjs'
import { withFolder } from './cli/service.mjs'

const { partsOf } = failure
const { tableLines } = terminal

const skip = !existsSync('/dev/full') && 'only Linux has a device that is always full'

async function withFullOutput(run) {
  const stdout = openSync('/dev/full', 'w')
  try {
    await run(stdout)
  } finally {
    closeSync(stdout)
  }
}

describe('tradovate-session on a full disk', { skip }, () => {
  it('says in one line that its output cannot be written: 1', () =>
    withFullOutput(stdout =>
      withSandbox({}, async sandbox => {
        const options = { env: variablesOf(sandbox), stdout }
        const { status, stderr } = await runToEnd(['accounts', '--store', 'memory'], options)
        assert.equal(status, 1)
        assert.match(stderr, /^ENOSPC: the output cannot be written: [^\n]+\n$/)
      }),
    ))

  it('serves on, whatever becomes of what it tells of itself', () =>
    withFullOutput(stdout =>
      withFolder({}, async ({ store, socket, env }) => {
        const service = new Run(['serve', '--store', store, '--socket', socket], { env, stdout })
        try {
          while (!existsSync(socket)) await pause(20)
          assert.match((await runToEnd(['token', '--socket', socket])).stdout, /^Token 1 is good until/)
        } finally {
          service.kill('SIGTERM')
        }
        const { status, stderr } = await service.end()
        assert.deepEqual([status, stderr], [0, ''])
      }),
    ))
})

describe('text from outside', () => {
  it('neither controls the terminal nor turns the direction of writing', () => {
    const names = ['\u001b[2J', '\u009b', '\u202e', '\u202a', '\u2066', '\u2069', '\u200f', '\u061c', '\u2028']
    for (const sign of names) {
      const [, , row] = tableLines([{ key: 'name', title: 'name' }], [{ name: `a${sign}b` }], 80)
      assert.match(row, /^a (\[2J)?b$/)
      const { what } = partsOf(Object.assign(new Error(`a${sign}b`), { code: 'E' }))
      assert.match(what, /^E: a (\[2J)?b\.$/)
    }
    assert.equal(tableLines([{ key: 'name', title: 'name' }], [{ name: 'é – 日本' }], 80)[2], 'é – 日本')
  })
})
