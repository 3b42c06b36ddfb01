// The files that the options of the command name: none that holds something else is written over or removed.

import assert from 'node:assert/strict'
import { existsSync, linkSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { Run } from './cli/command.mjs'
import { withFolder } from './cli/service.mjs'

const NOTES = 'the only copy of something'
const skipOnWindows = process.platform === 'win32' && 'Windows has no Unix sockets'

it(
  'serve refuses to keep its secret or its link in a file that holds something else, before any login',
  { skip: skipOnWindows },
  () =>
    withFolder({}, async ({ sandbox, folder, socket, env }) => {
      const notes = join(folder, 'notes')
      writeFileSync(notes, NOTES, { mode: 0o600 })
      for (const at of [
        ['--port', '0', '--secret-file', notes],
        ['--socket', socket, '--page', '--page-link-file', notes],
      ]) {
        const { status, stdout, stderr } = await refusal(['serve', '--store', 'memory', ...at], env)
        assert.deepEqual([status, stdout], [2, ''])
        assert.match(stderr, /^ERR_TRADOVATE_CONFIG: [^\n]+\n$/)
        assert.ok(stderr.includes(notes) && /name another file, or remove this one/.test(stderr), stderr)
        assert.equal(readFileSync(notes, 'utf8'), NOTES)
      }
      assert.equal(sandbox.counts.calls, 0)
      assert.ok(!existsSync(`${notes}.lock`) && !existsSync(socket), 'nothing was written')
    }),
)

it('serve --page leaves a file alone that took the place of its link', { skip: skipOnWindows }, () =>
  withFolder({}, async ({ folder, socket, serve }) => {
    const file = join(folder, 'page-link')
    writeFileSync(file, '')
    const service = await serve(['--socket', socket, '--page', '--page-link-file', file])
    while (readFileSync(file, 'utf8') === '') await new Promise(resolve => setTimeout(resolve, 10))
    writeFileSync(file, NOTES)
    service.kill('SIGTERM')
    assert.equal((await service.end()).status, 0)
    assert.equal(readFileSync(file, 'utf8'), NOTES)
  }),
)

it('two options that name the same file are refused, by whatever names: 2', () =>
  withFolder({}, async ({ folder, env }) => {
    const path = name => join(folder, name)
    const credentials = path('credentials.json')
    const { TRADOVATE_NAME: name, TRADOVATE_PASSWORD: password } = env
    writeFileSync(credentials, JSON.stringify({ name, password }), { mode: 0o600 })
    const before = readFileSync(credentials)
    const pairs = [
      [credentials, credentials],
      [path('new'), path('new')],
    ]
    if (process.platform !== 'win32') {
      symlinkSync(folder, path('same-folder'))
      linkSync(credentials, path('same-file'))
      pairs.push([credentials, path('same-file')], [path('new'), path('same-folder/new')])
    }
    for (const [one, other] of pairs) {
      const { status, stdout, stderr } = await refusal([
        ...['serve', '--store', 'memory', '--port', '0'],
        ...['--secret-file', one, '--credentials', other],
      ])
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, /^ERR_USAGE: --credentials and --secret-file name the same file[;.]/)
    }
    assert.deepEqual(readFileSync(credentials), before)
    assert.ok(!existsSync(`${credentials}.lock`) && !existsSync(path('new')))
  }))

/** Runs a command that must refuse; one that serves instead is ended. */
async function refusal(args, env) {
  const run = new Run(args, { env, stdin: 'ignore' })
  const [told] = await run.shows(/^(ERR_|Serving)/m)
  if (told === 'Serving') run.kill('SIGTERM')
  return run.end()
}
