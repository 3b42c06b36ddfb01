// tradovate-session where what it prints cannot be written, as on a full disk.

import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Run, runToEnd, variablesOf, withSandbox } from './cli/command.mjs'
import { withFolder } from './cli/service.mjs'

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
