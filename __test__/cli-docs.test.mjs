// What docs/cli.md, the systemd unit and the Dockerfile say is what the command knows.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import failure from '../cli/failure.js'
import { createProgram } from '../cli/program.js'

const { EXIT, EXIT_MEANINGS } = failure
const docs = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs')
const read = name => readFileSync(join(docs, name), 'utf8')
const { commands } = createProgram(() => {})
const optionsOf = name => commands.find(command => command.name() === name).options.map(({ long }) => long)
const optionsIn = text => text.match(/--[a-z][a-z-]+/g)

test('the manual has every command and every option', () => {
  const manual = read('cli.md')
  for (const command of commands) {
    const name = command.name()
    assert.match(manual, new RegExp(`^\\| \`${name}\` \\|`, 'm'))
    for (const option of optionsOf(name)) assert.ok(manual.includes(`${option}`), `${name} ${option}`)
  }
})

test('the manual and the help have every exit code, with its meaning', () => {
  const table = read('cli.md').match(/## Exit codes\n\n\| code \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)/)[1]
  const rows = Array.from(table.matchAll(/^\| (.+?) \| (.+?) \|$/gm), ([, code, meaning]) => [code, meaning])
  const codes = Object.entries(EXIT)
  assert.deepEqual(
    rows.map(([code]) => code),
    [...codes.map(([, code]) => String(code)), 'a signal'],
  )
  for (const [i, [name]] of codes.entries()) assert.ok(rows[i][1].startsWith(EXIT_MEANINGS[name]), rows[i][1])
})

test('the manual has every variable that the help names', () => {
  const help = commands.map(command => command.helpInformation()).join()
  const named = help.match(/TRADOVATE_\w+/g)
  assert.ok(named.includes('TRADOVATE_SESSION_STORE_KEY'))
  const manual = read('cli.md')
  for (const variable of named) assert.ok(manual.includes(`\`${variable}\``), variable)
})

test('the systemd unit gives serve options that it has, and holds no secret', () => {
  const unit = read('tradovate-session.service')
  const [, call] = unit.match(/^ExecStart=\/usr\/bin\/env tradovate-session serve((?:.*\\\n)*.*)$/m)
  for (const option of optionsIn(call)) assert.ok(optionsOf('serve').includes(option), option)
  assert.doesNotMatch(unit, /^(Environment|SetCredential)=|password/im)
  for (const line of ['DynamicUser=yes', 'ProtectSystem=strict', 'NoNewPrivileges=yes', 'LimitCORE=0']) {
    assert.ok(unit.includes(`\n${line}\n`), line)
  }
})

const analyze = spawnSync('systemd-analyze', ['--version']).error ? 'no systemd-analyze' : false

test('systemd takes the unit and finds little exposed', { skip: analyze }, () => {
  const unit = join(docs, 'tradovate-session.service')
  const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
  assert.deepEqual([verified.status, verified.stderr], [0, ''])
  const security = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit])
  assert.equal(security.status, 0, 'an exposure above 2.0')
})

test('the image runs as nobody in particular, ends on SIGTERM and holds no secret', () => {
  const image = read('Dockerfile')
  const [, call] = image.match(/^CMD (\[.*\])$/m)
  const [command, ...rest] = JSON.parse(call)
  assert.equal(command, 'serve')
  for (const option of rest.filter(word => word.startsWith('--')))
    assert.ok(optionsOf('serve').includes(option), option)
  assert.match(image, /^USER node$/m)
  assert.match(image, /^ENTRYPOINT \["node", /m)
  assert.doesNotMatch(image, /TRADOVATE_|password/i)
})
