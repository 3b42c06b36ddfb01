// The declarations of the main package, as every way of resolving modules finds them.

import { run } from './tools.mjs'

export const types = [
  {
    name: 'attw',
    tool: '@arethetypeswrong/cli',
    async run({ env, tarballs, tools }) {
      const { file } = tarballs.find(({ kind }) => kind === 'main')
      const result = await run('attw', ['--no-color', file], { cwd: tools.folder, env, mayFail: true })
      return { expected: /No problems found/, result }
    },
  },
]
