'use strict'
// The commands and their options.

const { Argument, Command, InvalidArgumentError, Option } = require('commander')

const { ENVIRONMENTS, MOST_PORT } = require('../input/checks.js')
const { version } = require('../package.json')
const { SHELLS } = require('./completion.js')
const { EXIT, EXIT_MEANINGS } = require('./failure.js')

// A timer takes 2147483647 at most.
const MOST_MILLISECONDS = 2_000_000_000

const CREDENTIALS_HELP = `
Credentials come from TRADOVATE_NAME, TRADOVATE_PASSWORD, TRADOVATE_APP_ID, TRADOVATE_APP_VERSION, TRADOVATE_DEVICE_ID,
TRADOVATE_CID and TRADOVATE_SEC, from the file of --credentials, or are asked for in a terminal; never from an argument.

The token is kept in the user's state folder unless --store, the field store of that file, or TRADOVATE_SESSION_STORE names
another place: memory, a folder, or Redis by its URL, with a password only in the file or the variable. The key that seals it
there is in TRADOVATE_SESSION_STORE_KEY or in the file of --store-key.

Exit codes: ${Object.entries(EXIT)
  .map(([name, code]) => `${code} ${EXIT_MEANINGS[name]}`)
  .join(', ')}.`

const loginOptions = () => [
  new Option('-e, --environment <name>', 'live or demo (default: TRADOVATE_ENVIRONMENT, or live)').choices(
    ENVIRONMENTS,
  ),
  new Option('--base-url <url>', "instead of the environment's own host (default: TRADOVATE_BASE_URL)"),
  new Option('--credentials <file>', 'a JSON file that only this user may read (0600)').argParser(path),
  new Option(
    '--store <place>',
    "where the token is kept: 'memory', a folder, or a redis:// URL without a password (default: TRADOVATE_SESSION_STORE)",
  ),
  new Option(
    '--store-prefix <text>',
    'what the keys in Redis begin with (default: TRADOVATE_SESSION_STORE_PREFIX, or tradovate-session:)',
  ),
  new Option(
    '--store-key <file>',
    'a file that only this user may read (0600) with the 32 bytes that seal the token (default: TRADOVATE_SESSION_STORE_KEY)',
  ).argParser(path),
]
const timeoutOption = () =>
  new Option('--timeout <seconds>', 'how long to wait for a token or an answer (default: 30)').argParser(inMilliseconds)
const serviceOptions = (what, portFrom) => [
  new Option('--socket <path>', `the socket ${what}`).argParser(path),
  new Option('--port <number>', `the port on 127.0.0.1 ${what}; goes with --secret-file`).argParser(portFrom),
  new Option('--secret-file <path>', "the file with the service's secret").argParser(path),
]
const sourceOptions = () => [
  ...loginOptions(),
  timeoutOption(),
  ...serviceOptions('of a token service to use', portInUse),
]

const COMMANDS = [
  {
    name: 'accounts',
    description: 'list the accounts that the login can see',
    options: () => [...sourceOptions(), new Option('--json', "as JSON, every field under Tradovate's own name")],
  },
  {
    name: 'token',
    description: 'tell until when the token is good; print it only with --show',
    options: () => [
      ...sourceOptions(),
      new Option('--show', 'print the access token itself'),
      new Option('--json', 'as JSON; with the tokens only with --show'),
    ],
  },
  {
    name: 'status',
    description: 'tell how the login stands, from the store or a token service, without any call to Tradovate',
    options: () => [...sourceOptions(), new Option('--json', 'as JSON; null where nothing is stored')],
  },
  {
    name: 'resume',
    description: 'say that what a person was asked to do is done: try once at once, for all processes of the login',
    options: () => [...loginOptions(), timeoutOption()],
  },
  {
    name: 'watch',
    description: 'show state, time to renewal and events as they come',
    options: sourceOptions,
  },
  {
    name: 'serve',
    description: 'keep one login alive for other processes of this machine',
    options: () => [
      ...loginOptions(),
      timeoutOption(),
      ...serviceOptions('to serve at', port),
      new Option('--metrics-port <number>', "a port on 127.0.0.1 for Prometheus' metrics").argParser(port),
      new Option('--page', 'show the session in a browser on this machine; prints a one-time link'),
      new Option('--page-port <number>', 'the port on 127.0.0.1 of the page (default: any free one)').argParser(port),
      new Option(
        '--page-link-file <path>',
        'keep the link in this file, for this user alone, and do not print it',
      ).argParser(path),
    ],
  },
  {
    name: 'sandbox',
    description: 'run Tradovate on this machine, for bots in any language',
    options: () => [
      new Option('--port <number>', 'the port on 127.0.0.1 (default: any free one)').argParser(port),
      new Option(
        '--control-port <number>',
        'a port on 127.0.0.1 to inject faults at and to read the log from',
      ).argParser(port),
      new Option('--token-lifetime <seconds>', 'how long a token is good (default: 4800)').argParser(inMilliseconds),
      new Option('--max-sessions <number>', 'open sessions a user (default: 2)').argParser(atLeastOne),
      new Option('--no-quotas', "without Tradovate's hourly limits"),
      new Option('--json', 'print address and credentials as JSON'),
    ],
  },
  {
    name: 'completion',
    description: 'print a script that makes a shell complete commands and options',
    argument: () => new Argument('<shell>', 'the shell').choices(SHELLS),
    options: () => [],
  },
]

/** Makes the commander program. `run(name, options)` carries a command out. */
function createProgram(run) {
  const program = new Command('tradovate-session')
    .description('One Tradovate login, kept alive: its token, its accounts, and a token service for your bots.')
    .version(version)
    .addHelpText('after', CREDENTIALS_HELP)
    .exitOverride()
    .configureOutput({ writeErr() {} })
  for (const { name, description, argument, options } of COMMANDS) {
    const command = program
      .command(name)
      .description(description)
      .allowExcessArguments(false)
      .action((...given) => run(name, { ...command.opts(), ...argumentsOf(command, given) }))
    if (argument) command.addArgument(argument())
    for (const option of options()) command.addOption(option)
  }
  return program
}

/** The arguments that are no options, by their names. */
function argumentsOf({ registeredArguments }, given) {
  return Object.fromEntries(registeredArguments.map((argument, i) => [argument.name(), given[i]]))
}

function port(text) {
  return whole(text, 0, MOST_PORT)
}

function portInUse(text) {
  return whole(text, 1, MOST_PORT)
}

/** An empty path is refused here, before a login is spent on it. */
function path(text) {
  if (text === '') throw new InvalidArgumentError('It must be the path of a file.')
  return text
}

function atLeastOne(text) {
  return whole(text, 1, Number.MAX_SAFE_INTEGER)
}

function whole(text, least, most) {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
  return value
}

/** Turns the seconds that people give into milliseconds. */
function inMilliseconds(text) {
  const milliseconds = Math.round(Number(text) * 1000)
  if (!/^\d+(\.\d+)?$/.test(text) || milliseconds < 1 || milliseconds > MOST_MILLISECONDS) {
    throw new InvalidArgumentError('It must be a number of seconds from 0.001 to 2000000.')
  }
  return milliseconds
}

module.exports = { createProgram }
