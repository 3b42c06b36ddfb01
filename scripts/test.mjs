// npm test: installs, builds, and runs every test, one step after the other. "--only rust", "node", "types" or "examples" runs a part.
// The simulation runs beside the steps after it, since its time is its own: however busy the machine is, it comes out the same.
// All that the tests print is watched for the secrets that they work with.

import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, setPriority } from 'node:os'
import { dirname, join, parse, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { createTerminal } from '../cli/terminal.js'
import { root } from './addon.mjs'
import { Canaries } from './canaries.mjs'
import { installPrograms } from './programs.mjs'
import { SetupError, setUp } from './setup.mjs'
import { buildSimulation } from './simulation.mjs'

const terminal = createTerminal()

const STEPS = [
  { part: 'rust', title: 'Rust, the binding', run: () => cargo('test', '--locked', '--lib') },
  { part: 'rust', title: 'Rust, without the binding', run: () => cargoTests() },
  { part: 'rust', title: 'The simulation', start: () => simulation() },
  { part: 'types', title: 'Types', run: () => tsc(join('__test__', 'types')) },
  { part: 'types', title: 'Types within the facade', run: () => tsc(join('__test__', 'types', 'facade')) },
  { part: 'types', title: 'Types of the examples', run: () => tsc('examples') },
  { part: 'node', title: 'Node', run: () => nodeTest(file => !isExample(file)) },
  { part: 'examples', title: 'Examples', run: () => nodeTest(isExample) },
]

/** Folders of what the tests share, or read. */
const NO_PROGRAMS = ['support', 'corpus']

const isExample = file => file.endsWith('examples.test.mjs')

const canaries = new Canaries()

/** Prints what a program has printed, to the stream of that name. */
function show(name, text) {
  canaries.watch(text)
  process[name].write(text)
}

function start(command, args, write) {
  // A pipe hides the terminal from the tools.
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1', CARGO_TERM_COLOR: 'always' } : {}
  const env = { ...process.env, ...colour }
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', text => write(name, text))
  }
  const passed = new Promise(resolve => {
    child.on('error', error => {
      console.error(error.message)
      resolve(false)
    })
    child.on('close', status => resolve(status === 0))
  })
  return { child, passed }
}

const run = (command, args) => start(command, args, show).passed

const cargo = (...args) => run('cargo', args)

/** Every program of tests but the simulation. */
function cargoTests() {
  const names = readdirSync(join(root, 'tests')).map(name => parse(name).name)
  const programs = names.filter(name => !['simulation', ...NO_PROGRAMS].includes(name))
  return cargo('test', '--locked', '--no-default-features', '--lib', ...programs.flatMap(name => ['--test', name]))
}

/** Runs while others do, when nothing else wants the machine. Its output comes when it has ended. */
function simulation() {
  const program = buildSimulation(root)
  let output = ''
  const { child, passed } = start(program, [], (_, text) => {
    output += text
  })
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
  return {
    stop: () => child.kill(),
    ended: passed.then(isGood => {
      show('stdout', output)
      return isGood
    }),
  }
}

/** The files are named one by one: patterns and folders mean different things to different versions of Node. */
function nodeTest(isWanted) {
  const files = testFiles(join(root, '__test__')).map(file => relative(root, file))
  return run(process.execPath, [
    '--test',
    '--test-reporter=spec',
    '--test-timeout=120000',
    // Most of a test's time is spent waiting.
    '--test-concurrency=2',
    ...files.filter(isWanted).sort(),
  ])
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFiles(path)
    return entry.name.endsWith('.test.mjs') ? [path] : []
  })
}

function tsc(project) {
  const packageJson = createRequire(import.meta.url).resolve('typescript/package.json')
  return run(process.execPath, [join(dirname(packageJson), 'bin', 'tsc'), '-p', project])
}

function chosenSteps() {
  const parts = [...new Set(STEPS.map(step => step.part))]
  let only
  try {
    only = parseArgs({ options: { only: { type: 'string' } } }).values.only
  } catch (error) {
    throw new SetupError(error.message)
  }
  if (only !== undefined && !parts.includes(only)) {
    throw new SetupError(`--only takes one of ${parts.join(', ')}.`)
  }
  return STEPS.filter(step => only === undefined || step.part === only)
}

function announce(steps, step, what = '') {
  terminal.line()
  terminal.line(terminal.bold(`== ${steps.indexOf(step) + 1}/${steps.length} ${step.title}${what}`))
}

/** The first step that fails; undefined if none does. */
async function firstFailure(steps, beside) {
  for (const step of steps) {
    announce(steps, step, step.start && ', beside what follows')
    if (step.start) beside.push({ step, ...step.start() })
    else if (!(await step.run())) return step
  }
  while (beside.length > 0) {
    const { step, ended } = beside[0]
    announce(steps, step)
    if (!(await ended)) return step
    beside.shift()
  }
}

async function runSteps(steps) {
  const beside = []
  const failed = await firstFailure(steps, beside)
  for (const { stop } of beside) stop()
  terminal.line()
  if (failed !== undefined) {
    terminal.line(terminal.red(`Failed: ${failed.title}.`))
    return 1
  }
  if (canaries.found.length > 0) {
    terminal.line(
      terminal.red(`Failed: the tests printed ${canaries.found.length} of the secrets that they work with.`),
    )
    return 1
  }
  terminal.line(terminal.green(`All ${steps.length} steps passed.`))
  return 0
}

try {
  const steps = chosenSteps()
  await setUp(terminal)
  if (steps.some(step => step.part !== 'types')) installPrograms(terminal)
  process.exitCode = await runSteps(steps)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
