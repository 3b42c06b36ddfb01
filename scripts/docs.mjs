// npm run docs: makes a site of the README, the pages in docs/ and the declarations, in docs/site/build, and checks its links. TypeDoc
// comes from the npm registry, into docs/site, at the first run and after a change of its lock file.

import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './addon.mjs'
import { brokenLinksIn } from './docs/site-links.mjs'

const site = join(root, 'docs', 'site')
const build = join(site, 'build')

function run(what, program, args, options) {
  const { error, status } = spawnSync(program, args, { cwd: site, stdio: 'inherit', ...options })
  if (error || status !== 0)
    throw new Error(`${what} failed${error ? `: ${error.message}` : '; its own words are above.'}`)
}

function installTypeDoc() {
  const installed = join(site, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(site, 'package-lock.json')).mtimeMs) return
  run('npm ci in docs/site', 'npm', ['ci', '--loglevel=error'], { shell: process.platform === 'win32' })
}

try {
  installTypeDoc()
  rmSync(build, { recursive: true, force: true })
  run('TypeDoc', process.execPath, [join('node_modules', 'typedoc', 'bin', 'typedoc'), '--logLevel', 'Warn'])
  const { broken, links, pages } = brokenLinksIn(build)
  for (const { from, target } of broken) console.error(`${from}: ${target} leads nowhere`)
  if (broken.length > 0) throw new Error(`${broken.length} links of the site are broken.`)
  console.log(`${pages} pages, ${links} links, none broken: ${join(build, 'index.html')}`)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
