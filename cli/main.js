#!/usr/bin/env node
'use strict'
// The command tradovate-session. It runs one of cli/commands/, and its exit code tells the result.

const { CommanderError } = require('commander')

const { describe, EXIT, exitCodeOf } = require('./failure.js')
const { refuseSharedFiles } = require('./named-files.js')
const { createProgram } = require('./program.js')
const { Stop, Stopped } = require('./signals.js')
const { createTerminal } = require('./terminal.js')
const { usageErrorFrom } = require('./usage.js')

const UNTIL_STOPPED = ['sandbox', 'serve', 'watch']

const context = { env: process.env, stop: new Stop(), terminal: createTerminal() }
let running

async function run(name, options) {
  running = name
  refuseSharedFiles(options)
  // Loaded only here: --help answers at once and without the addon.
  const command = require(`./commands/${name}.js`)[name]
  process.exitCode = await command(options, context)
}

async function main(args) {
  try {
    await createProgram(run).parseAsync(args, { from: 'user' })
  } catch (error) {
    report(error)
  } finally {
    context.stop.release()
  }
}

function report(error) {
  if (error instanceof Stopped) {
    // A command that runs until it is stopped has done its work. Any other one dies of the signal, as other programs do.
    if (!UNTIL_STOPPED.includes(running)) process.kill(process.pid, error.signalName)
    return
  }
  const isCommanders = error instanceof CommanderError
  // Commander throws for help and version as well.
  if (isCommanders && error.exitCode === EXIT.ok) return
  const told = isCommanders ? usageErrorFrom(error) : error
  if (!told.code) throw told
  process.exitCode = exitCodeOf(told)
  process.stderr.write(`${createTerminal(process.stderr).red(describe(told))}\n`)
}

process.stdout.on('error', ({ code, message }) => {
  // Dependents need the service, and not its output.
  if (running === 'serve') return
  // A reader, such as head(1), may stop reading: that is no failure.
  if (code === 'EPIPE') process.exit(EXIT.ok)
  report(Object.assign(new Error(`the output cannot be written: ${message}`), { code }))
  process.exit()
})

main(process.argv.slice(2))
