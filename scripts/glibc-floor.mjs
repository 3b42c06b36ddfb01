// The oldest glibc that an addon runs with: node scripts/glibc-floor.mjs FILE [--most 2.17] fails if it needs a newer one.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const VERSIONS_NEEDED = 0x6ffffffe

/** As "2.34", of a 64-bit ELF file; undefined if it uses no versioned symbol of glibc, as with musl. */
export function glibcFloor(elf) {
  if (elf.toString('latin1', 0, 4) !== '\x7fELF' || elf[4] !== 2 || elf[5] !== 1) {
    throw new Error('it is no 64-bit little-endian ELF file')
  }
  const versions = neededVersions(elf).flatMap(name => name.match(/^GLIBC_(\d+(?:\.\d+)+)$/)?.[1] ?? [])
  return versions.sort(compareVersions).at(-1)
}

/** The names of all versions of symbols that the file wants of its libraries, as the dynamic linker reads them. */
function neededVersions(elf) {
  const sections = sectionsOf(elf)
  const needed = sections.find(({ type }) => type === VERSIONS_NEEDED)
  if (!needed) return []
  const strings = sections[needed.link].offset
  const textAt = offset => elf.toString('latin1', strings + offset, elf.indexOf(0, strings + offset))
  const names = []
  // One entry a library, and to each a list of its versions; a distance of 0 ends either.
  for (let library = needed.offset, more = true; more; ) {
    let version = library + elf.readUInt32LE(library + 8)
    for (let left = elf.readUInt16LE(library + 2); left > 0; left -= 1) {
      names.push(textAt(elf.readUInt32LE(version + 8)))
      version += elf.readUInt32LE(version + 12)
    }
    const distance = elf.readUInt32LE(library + 12)
    more = distance > 0
    library += distance
  }
  return names
}

function sectionsOf(elf) {
  const [start, size, count] = [Number(elf.readBigUInt64LE(0x28)), elf.readUInt16LE(0x3a), elf.readUInt16LE(0x3c)]
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * size
    return {
      type: elf.readUInt32LE(at + 4),
      offset: Number(elf.readBigUInt64LE(at + 24)),
      link: elf.readUInt32LE(at + 40),
    }
  })
}

/** Negative if the first is older. */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map(version => version.split('.').map(Number))
  const i = left.findIndex((part, index) => part !== (right[index] ?? 0))
  if (i === -1) return left.length < right.length ? -1 : 0
  return left[i] - (right[i] ?? 0)
}

function main() {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { most: { type: 'string' } } })
  const [file] = positionals
  if (positionals.length !== 1 || !/^\d+\.\d+$/.test(values.most ?? '0.0')) {
    throw new Error('Usage: node scripts/glibc-floor.mjs FILE [--most VERSION]')
  }
  const floor = glibcFloor(readFileSync(file))
  console.log(floor ? `${file} needs glibc ${floor}.` : `${file} needs no glibc.`)
  if (floor && values.most && compareVersions(floor, values.most) > 0)
    throw new Error(`That is newer than ${values.most}.`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
