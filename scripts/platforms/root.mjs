// A system of its own for a program: a folder that is its root, seen in namespaces that end with it. The machine stays as it is.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the copy of the checkout is, and where Node is, seen from inside. */
export const CHECKOUT = '/checkout'
export const NODE = '/node'

/** Where the checkout's copy has what a command has written. */
const OUTPUT = 'output.txt'

/** How a program for arm64 begins: an ELF header, of which the mask says what counts. */
const ARM64 = {
  magic: String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`,
  mask: String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`,
}

export const isRoot = process.getuid?.() === 0

/** Runs in a new namespace of users: waits until it has some, and makes the other namespaces. */
const BEGIN = `echo ready >&3
read -r _ || true
enter=$1
shift
exec 3>&- < /dev/null
exec unshare --mount --pid --fork --kill-child --mount-proc sh -c "$enter" sh "$@"
`

/**
 * Runs in new namespaces, as their root: mounts what a program needs, and runs it in the other root, where there may be no shell.
 * The "F" of a binary format has the kernel open the emulator at once, for later it is outside of the root.
 */
const ENTER = `set -eu
root=$1 format=$2 mounts=$3
shift 3
if [ -n "$format" ]; then
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  printf '%s' "$format" > /proc/sys/fs/binfmt_misc/register
fi
for name in dev proc sys; do mount --rbind "/$name" "$root/$name"; done
mount -t tmpfs tmpfs "$root/tmp"
printf '%s' "$mounts" | while IFS='|' read -r from to; do mount --bind "$from" "$root$to"; done
exec unshare --root="$root" --wd=${CHECKOUT} "$@"
`

/** What a system lacks in which no package was ever configured. */
const FILES = {
  'etc/passwd': 'root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
}

/** Makes a folder with unpacked packages one that programs can run in. */
export function completeRoot(folder) {
  const mounted = ['dev', 'proc', 'sys', 'tmp', CHECKOUT, NODE]
  for (const name of mounted) mkdirSync(join(folder, name), { recursive: true })
  // Newer packages have these in /usr alone.
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    if (!existsSync(join(folder, name))) symlinkSync(join('usr', name), join(folder, name))
  }
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/**
 * Runs a command in `checkout`, with the folder `root` as its root, and with `node.folder` and the packages `modules` in it. `emulator`
 * is the path of an emulator for arm64. Gives the exit code, undefined if it took longer than `timeoutMs`, and what was written.
 */
export async function runIn(root, { checkout, command, emulator, env = {}, modules, node, timeoutMs }) {
  const format = emulator ? `:arm64:M::${ARM64.magic}:${ARM64.mask}:${emulator}:F` : ''
  const mounts = [
    [checkout, CHECKOUT],
    [modules, `${CHECKOUT}/node_modules`],
    [node.folder, NODE],
  ]
  const listed = mounts.map(([from, to]) => `${from}|${to}\n`).join('')
  mkdirSync(join(checkout, 'node_modules'), { recursive: true })
  const file = join(checkout, OUTPUT)
  const output = openSync(file, 'w')
  try {
    const child = spawn(
      'unshare',
      ['--user', ...ownUser(), 'sh', '-c', BEGIN, 'sh', ENTER, root, format, listed, ...command],
      {
        env: { HOME: '/tmp', LANG: 'C.UTF-8', PATH: `${dirname(node.program)}:/usr/bin:/bin`, ...env },
        stdio: ['pipe', output, output, 'pipe'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      },
    )
    const ended = once(child, 'close')
    await Promise.race([once(child.stdio[3], 'data'), ended])
    mapUsers(child.pid)
    child.stdin.end()
    const [status] = await ended
    return { status: status ?? undefined, output: readFileSync(file, 'utf8') }
  } finally {
    closeSync(output)
  }
}

/** A user who is not root has himself inside alone, as root. */
function ownUser() {
  return isRoot ? [] : ['--map-root-user']
}

/** Gives a namespace that root made all users that there usually are, since some tests are about another user. */
function mapUsers(pid) {
  if (!isRoot || !existsSync(`/proc/${pid}`)) return
  for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${map}`, '0 0 65536')
}
