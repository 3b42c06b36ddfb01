'use strict'
// Puts commander's refusals into our words. None of them repeats a value, which may be a password in the wrong place: of an unknown
// command, only a word that resembles one.

const { UsageError } = require('./failure.js')

const SUGGESTION = /^error: unknown command '(.*)'\n\((Did you mean .*\?)\)$/s
const LONG_OPTION = /'(--[a-z][a-z-]*)/
const INVALID_VALUE = /^error: option '(?:-\w, )?(--[\w-]+)[^']*' argument '.*' is invalid\. (.*)$/s
const INVALID_ARGUMENT = /^error: command-argument value '.*' is invalid for argument '([\w-]+)'\. (.*)$/s
const CREDENTIALS = /^--(name|user|pass|sec$|cid|app|device|token$)/

function usageErrorFrom({ code, message }) {
  switch (code) {
    case 'commander.help':
      return new UsageError('No command was given')
    case 'commander.unknownCommand':
      return new UsageError(unknownCommand(message.match(SUGGESTION)))
    case 'commander.excessArguments':
      return new UsageError('Only options can follow the command')
    case 'commander.unknownOption':
      return new UsageError(unknownOption(message.match(LONG_OPTION)?.[1]))
    case 'commander.invalidArgument': {
      const found = message.match(INVALID_VALUE) ?? message.match(INVALID_ARGUMENT)
      return new UsageError(found ? `${found[1]}: ${found[2]}` : 'An option has a value that cannot work')
    }
    default:
      return new UsageError(message.replace(/^error: /, ''))
  }
}

function unknownCommand(found) {
  return found ? `There is no command ${found[1]}. ${found[2]}` : 'There is no such command'
}

function unknownOption(option) {
  if (option && CREDENTIALS.test(option)) return `There is no ${option}: credentials are never taken from an argument`
  return `There is no option ${option ?? 'like that'}`
}

module.exports = { usageErrorFrom }
