// The package managers and bundlers that a trial needs, in a folder of their own.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../programs.mjs'

// What the scripts of package managers call; a compiler is not among it.
const PROGRAMS = [
  'node',
  'npm',
  'sh',
  'env',
  'sed',
  'dirname',
  'basename',
  'uname',
  'cat',
  'ldd',
  'realpath',
  'readlink',
]

// The newest that run here, where a tool has left this version of Node.
const LAST_FOR_NODE_20 = Number.parseInt(process.versions.node, 10) < 22 ? { vitest: 'vitest@4' } : {}

// Both put their program in place by a script.
const MANIFEST = { private: true, allowScripts: { bun: true, deno: true } }

export class Tools {
  constructor(folder) {
    this.folder = folder
    this.bin = join(folder, 'node_modules', '.bin')
    this.programs = join(folder, 'programs')
    mkdirSync(this.programs, { recursive: true })
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(MANIFEST)}\n`)
    for (const name of PROGRAMS) {
      const path = name === 'node' ? process.execPath : findProgram([name])
      if (path) symlinkSync(path, join(this.programs, name))
    }
  }

  /** From the user's own registry. */
  install(names) {
    if (names.length === 0) return
    const args = ['install', '--no-audit', '--no-fund', ...names.map(name => LAST_FOR_NODE_20[name] ?? name)]
    const { status, stderr } = spawnSync('npm', args, { cwd: this.folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`the tools could not be installed: ${stderr}`)
  }

  /** The package, installed beside the tools, where they look for it. */
  async addPackage({ env, tarballs }) {
    const files = tarballs.filter(({ kind }) => kind !== 'source').map(({ file }) => file)
    await run('npm', ['install', '--no-save', '--prefer-offline', ...files], { cwd: this.folder, env })
  }

  versionOf(name) {
    if (name === 'npm') return `npm ${spawnSync('npm', ['--version'], { encoding: 'utf8' }).stdout.trim()}`
    return `${name} ${JSON.parse(readFileSync(join(this.folder, 'node_modules', name, 'package.json'), 'utf8')).version}`
  }
}

/** Runs a command to its end, while the registry in this process answers it. Gives all that it wrote, or throws that. */
export async function run(command, args, { cwd, env, mayFail = false }) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  }
  const [status] = await once(child, 'close')
  if (status !== 0 && !mayFail) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${output}`)
  return output
}
