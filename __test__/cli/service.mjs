// `tradovate-session serve` as a process of its own, in a folder that is gone afterwards.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Run, variablesOf, withSandbox } from './command.mjs'

/**
 * Runs `run({ sandbox, folder, store, socket, env, serve })`; `serve(args)` starts a service and resolves once it serves. What
 * was started is ended with the test.
 */
export function withFolder(options, run) {
  return withSandbox(options, async sandbox => {
    const folder = mkdtempSync(join(tmpdir(), 'serve-'))
    const [store, socket] = [join(folder, 'store'), join(folder, 'service', 'token.sock')]
    const env = variablesOf(sandbox)
    const running = []
    const serve = async (args = ['--socket', socket], { mayShow } = {}) => {
      const service = new Run(['serve', '--store', store, ...args], { env, mayShow })
      running.push(service)
      await service.shows(/^Serving the token at .* until Ctrl-C\.$/m)
      return service
    }
    try {
      return await run({ sandbox, folder, store, socket, env, serve })
    } finally {
      for (const service of running) service.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  })
}
