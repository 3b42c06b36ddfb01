// tradovate-session completion: what a shell offers is what the command takes.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createProgram } from '../cli/program.js'
import { findProgram } from '../scripts/programs.mjs'
import { runToEnd } from './cli/command.mjs'

const SHELLS = ['bash', 'zsh', 'fish']
const { commands } = createProgram(() => {})
const skipWithout = shell => !findProgram([shell]) && `no ${shell} is here`

describe('tradovate-session completion', () => {
  let folder
  const scripts = {}
  const fileOf = shell => join(folder, `completion.${shell}`)

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'completion-'))
    for (const shell of SHELLS) {
      const { status, stdout, stderr } = await runToEnd(['completion', shell])
      assert.deepEqual([status, stderr], [0, ''])
      scripts[shell] = stdout
      writeFileSync(fileOf(shell), stdout)
    }
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  /** What a script says of one command. */
  const partOf = {
    bash: (script, name) => script.match(new RegExp(`\n    ${name}\\)\n([^]*?)\n    (?:\\w+\\)|esac)|$`))?.[1],
    zsh: (script, name) => script.match(new RegExp(`\n      ${name}\\)\n([^]*?) ;;`))?.[1],
    fish: (script, name) =>
      script
        .split('\n')
        .filter(line => line.includes(`__fish_seen_subcommand_from ${name}'`))
        .join('\n'),
  }
  const flag = { bash: long => `--${long}`, zsh: long => `--${long}`, fish: long => `-l ${long}` }

  for (const shell of SHELLS) {
    it(`${shell}: has every command, and every option and choice at its command`, () => {
      for (const command of commands) {
        const name = command.name()
        assert.match(scripts[shell], new RegExp(`\\b${name}\\b`))
        const part = partOf[shell](scripts[shell], name)
        assert.ok(part, name)
        const options = [...command.options, { long: '--help' }]
        for (const { long, argChoices = [] } of options) {
          assert.match(part, new RegExp(`${flag[shell](long.slice(2))}(?![\\w-])`), `${name} ${long}`)
          for (const choice of argChoices)
            assert.match(part, new RegExp(`\\b${choice}\\b`), `${name} ${long} ${choice}`)
        }
        for (const { argChoices } of command.registeredArguments) assert.ok(part.includes(argChoices.join(' ')), name)
      }
    })

    it(`${shell}: is a script that the shell can read`, { skip: skipWithout(shell) }, () => {
      const { status, stderr } = spawnSync(shell, ['-n', fileOf(shell)], { encoding: 'utf8' })
      assert.deepEqual([status, stderr], [0, ''])
    })
  }

  it('bash: completes commands, options, choices and, after options for files, files', {
    skip: skipWithout('bash'),
  }, () => {
    const completed = (...words) => {
      const script = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _tradovate_session 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"`
      const told = execFileSync('bash', ['-c', script, fileOf('bash'), 'tradovate-session', ...words], {
        encoding: 'utf8',
      })
      return told.split('\n').filter(word => word !== '')
    }
    assert.deepEqual(
      completed('').filter(word => !word.startsWith('-')),
      [...commands.map(command => command.name()), 'help'],
    )
    assert.deepEqual(completed('sta'), ['status'])
    assert.deepEqual(completed('serve', '--page-'), ['--page-port', '--page-link-file'])
    assert.deepEqual(completed('accounts', '--environment', ''), ['live', 'demo'])
    assert.deepEqual(completed('accounts', '--json', '-e', 'd'), ['demo'])
    assert.deepEqual(completed('accounts', '--environment', '=', 'l'), ['live'])
    assert.deepEqual(completed('completion', 'z'), ['zsh'])
    assert.deepEqual(completed('accounts', '--credentials', ''), [], 'bash completes files itself')
    assert.ok(!completed('sandbox', '--').includes('--socket'))
  })

  it('2 for no shell and for another one, which is not repeated', async () => {
    for (const args of [[], ['canary-password-7f3a'], ['bash', 'zsh']]) {
      const { status, stdout, stderr } = await runToEnd(['completion', ...args])
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, /^ERR_USAGE: [^\n]+\n$/)
    }
    assert.match((await runToEnd(['completion', 'tcsh'])).stderr, /Allowed choices are bash, zsh, fish\./)
  })
})
