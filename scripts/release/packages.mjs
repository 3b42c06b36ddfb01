// The packages of a release: what is in each, and its package.json.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import native from '../../native.js'
import { root } from '../addon.mjs'

const checkout = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { bugs, engines, homepage, license, name: main, repository, version } = checkout

/** What the package.json of each package says of where it comes from. */
const origin = { repository, bugs, homepage }

const LIBC = { gnu: 'glibc', musl: 'musl' }
const SYSTEM = { darwin: 'macOS', linux: 'Linux', win32: 'Windows' }
const CPU = { arm64: 'aarch64', x64: 'x86_64' }

export const LICENCES = 'THIRD-PARTY-LICENSES.txt'

const nameOf = platform => `@${main}/${platform}`

/** The facade, the command, the sandbox and their manuals. It names the packages of `platforms`, in its own version. */
export function mainPackage(platforms) {
  const { allowScripts, devDependencies, files, scripts, ...kept } = checkout
  const optionalDependencies = Object.fromEntries(platforms.map(platform => [nameOf(platform), version]))
  return {
    // Unpacked also by Yarn Plug'n'Play, so that an addon that is built from source has a place.
    manifest: { ...kept, files, optionalDependencies, preferUnplugged: true },
    copied: [...files, 'README.md', 'LICENSE'],
  }
}

/** The addon of one platform, as npm selects it. */
export function platformPackage(platform, addon, licences) {
  const [os, cpu, abi] = platform.split('-')
  const name = nameOf(platform)
  const file = native.addonFile(platform)
  const system = `${SYSTEM[os]}, ${cpu}${LIBC[abi] ? `, ${LIBC[abi]}` : ''}`
  return {
    manifest: {
      name,
      version,
      description: `The addon of ${main} for ${system}`,
      license,
      ...origin,
      type: 'commonjs',
      main: file,
      files: [file, LICENCES],
      os: [os],
      cpu: [cpu],
      ...(LIBC[abi] && { libc: [LIBC[abi]] }),
      engines,
      publishConfig: { access: 'public' },
    },
    copied: ['LICENSE'],
    added: {
      [file]: readFileSync(addon),
      [LICENCES]: licences,
      'README.md': readme(
        name,
        `The addon of ${main} for ${system}. Install ${main} instead: it brings the addon that fits.`,
      ),
    },
  }
}

/** The Rust sources, with the command that builds an addon of them where no package has one. */
export function sourcePackage() {
  const name = nameOf('source')
  const files = [
    'src',
    'Cargo.toml',
    'Cargo.lock',
    'build.rs',
    'native.js',
    'scripts/addon.mjs',
    'scripts/build-installed.mjs',
  ]
  return {
    manifest: {
      name,
      version,
      description: `The Rust sources of ${main}, and the command that builds its addon of them`,
      license,
      ...origin,
      type: 'commonjs',
      bin: { [`${main}-source`]: 'scripts/build-installed.mjs' },
      // A build reads no tests.
      files: [...files, '!src/**/*_tests.rs'],
      engines,
      preferUnplugged: true,
      publishConfig: { access: 'public' },
    },
    copied: [...files, 'LICENSE'],
    added: {
      'README.md': readme(
        name,
        `The Rust sources of ${main}. Where no package has its addon, \`npx ${name}@${version}\` builds one.`,
      ),
    },
  }
}

function readme(name, what) {
  return `# ${name}\n\n${what}\n`
}

/** What Rust calls a platform. */
export function targetOf(platform) {
  const [os, cpu, abi] = platform.split('-')
  const vendor = { darwin: 'apple-darwin', linux: `unknown-linux-${abi}`, win32: `pc-windows-${abi}` }[os]
  return `${CPU[cpu]}-${vendor}`
}
