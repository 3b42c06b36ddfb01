'use strict'
// Writes the completion of a shell from the commander program itself: a new command or option is in it at once.

/** An option whose value is named so takes the path of a file, which the shells complete by themselves. */
const FILES = /<(file|path|place)>$/

const SCRIPTS = { bash, zsh, fish }
const SHELLS = Object.keys(SCRIPTS)

/** Gives the script that makes a shell complete the commands and options of a program. */
function completionOf(shell, program) {
  const help = program.createHelp()
  const commands = help.visibleCommands(program).map(command => ({
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionOf),
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }))
  return SCRIPTS[shell](program.name(), commands, help.visibleOptions(program).map(optionOf))
}

function optionOf({ long, short, description, flags, required, argChoices }) {
  return { long, short, description, takesValue: required, choices: argChoices, takesFile: FILES.test(flags) }
}

const flagsOf = options => options.flatMap(({ long, short }) => (short ? [short, long] : [long]))
const functionName = name => `_${name.replaceAll('-', '_')}`

function bash(name, commands, options) {
  const words = texts => `COMPREPLY=( $(compgen -W '${texts.join(' ')}' -- "$current") )`
  const choiceOf = ({ choices, takesFile }) => {
    if (choices) return words(choices)
    // With nothing to choose from, bash goes on to complete files.
    return takesFile ? 'COMPREPLY=()' : `COMPREPLY=(); ${NO_FILES}`
  }
  const valueCases = own => {
    const taking = own.filter(({ takesValue }) => takesValue)
    return [...new Set(taking.map(choiceOf))].map(answer => {
      const flags = flagsOf(taking.filter(option => choiceOf(option) === answer))
      return `        ${flags.join('|')}) ${answer}; return ;;`
    })
  }
  const commandCase = ({ name: command, options: own, words: choices }) => [
    `    ${command})`,
    '      case "$previous" in',
    ...valueCases(own),
    '        *) ;;',
    '      esac',
    `      ${words([...choices, ...flagsOf(own)])} ;;`,
  ]
  return `# bash completion of ${name}
${functionName(name)}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  # --option=value is three words to bash.
  if [ "$current" = = ]; then
    current=
  elif [ "$previous" = = ]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    ${words([...commands.map(command => command.name), ...flagsOf(options)])}
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.flatMap(commandCase).join('\n')}
  esac
}
complete -o bashdefault -o default -F ${functionName(name)} ${name}
`
}

// The bash of macOS has no compopt.
const NO_FILES = 'compopt +o bashdefault +o default 2>/dev/null'

function zsh(name, commands, options) {
  const quoted = text => `'${text.replaceAll("'", "'\\''")}'`
  const explained = text => text.replace(/[[\]:\\]/g, '\\$&')
  const value = ({ takesValue, choices, takesFile, long }) => {
    if (!takesValue) return ''
    return `:${long.slice(2)}:${choices ? `(${choices.join(' ')})` : takesFile ? '_files' : ' '}`
  }
  const spec = option => {
    const explanation = quoted(`[${explained(option.description)}]${value(option)}`)
    // The value comes after = or as the next word.
    const flags = flagsOf([option]).map(flag => (option.takesValue && flag.startsWith('--') ? `${flag}=` : flag))
    return flags.length === 1
      ? `${flags[0]}${explanation}`
      : `'(${flagsOf([option]).join(' ')})'{${flags.join(',')}}${explanation}`
  }
  const lines = specs => specs.map(each => ` \\\n        ${each}`).join('')
  const commandCase = ({ name: command, options: own, words }) => {
    const choice = words.length > 0 ? [quoted(`1: :(${words.join(' ')})`)] : []
    return `      ${command})\n        _arguments${lines([...own.map(spec), ...choice])} ;;`
  }
  const descriptions = commands.map(command => `        ${quoted(`${command.name}:${explained(command.description)}`)}`)
  return `#compdef ${name}
# zsh completion of ${name}
${functionName(name)}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C${lines([...options.map(spec), quoted('1: :->command'), quoted('*:: :->rest')])}
  case "$state" in
    command)
      local -a commands
      commands=(
${descriptions.join('\n')}
      )
      _describe command commands ;;
    rest)
      case "$words[1]" in
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
# As a file of fpath this is the body of the function; else it is read by the shell at its start.
if [ "$funcstack[1]" = ${functionName(name)} ]; then
  ${functionName(name)} "$@"
else
  compdef ${functionName(name)} ${name}
fi
`
}

function fish(name, commands, options) {
  const quoted = text => `'${text.replace(/['\\]/g, '\\$&')}'`
  const line = (when, rest) => `complete -c ${name} -n ${quoted(when)} ${rest}`
  const option = when => given => {
    const value = given.choices
      ? `-x -a ${quoted(given.choices.join(' '))} `
      : given.takesFile
        ? '-r -F '
        : given.takesValue
          ? '-x '
          : ''
    const short = given.short ? `-s ${given.short.slice(1)} ` : ''
    return line(when, `${short}-l ${given.long.slice(2)} ${value}-d ${quoted(given.description)}`)
  }
  const first = '__fish_use_subcommand'
  const after = command => `__fish_seen_subcommand_from ${command}`
  return [
    `# fish completion of ${name}`,
    `complete -c ${name} -f`,
    ...options.map(option(first)),
    ...commands.map(command => line(first, `-a ${command.name} -d ${quoted(command.description)}`)),
    ...commands.flatMap(({ name: command, options: own, words }) => [
      ...own.map(option(after(command))),
      ...(words.length > 0 ? [line(after(command), `-a ${quoted(words.join(' '))}`)] : []),
    ]),
    '',
  ].join('\n')
}

module.exports = { completionOf, SHELLS }
