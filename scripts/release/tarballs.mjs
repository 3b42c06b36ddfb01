// The tarballs of a release, as npm run pack:release has written them into a folder.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import native from '../../native.js'

const BLOCK = 512

/** Each tarball of the folder with its kind, file and package.json's fields, in the order of publication: the main package is last. */
export function tarballsIn(folder) {
  const files = readdirSync(folder).filter(file => file.endsWith('.tgz'))
  const found = files.map(file => {
    const manifest = JSON.parse(fileIn(join(folder, file), 'package.json'))
    return { ...manifest, file: join(folder, file), kind: kindOf(manifest.name) }
  })
  if (!found.some(({ kind }) => kind === 'main')) throw new Error(`${folder} has no tarball of the main package`)
  const order = ['platform', 'source', 'main']
  return found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1))
}

function kindOf(name) {
  const [scope, own] = name.split('/')
  if (!own) return 'main'
  if (own === 'source') return 'source'
  if (native.platforms.includes(own)) return 'platform'
  throw new Error(`${scope}/${own} is no package of a release`)
}

/** The bytes of a file in a tarball, whose entries are a header of one block and the file's bytes, filled up to whole blocks. */
export function fileIn(tarball, path) {
  const tar = gunzipSync(readFileSync(tarball))
  for (let at = 0; at < tar.length; ) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '')
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8) || 0
    const start = at + BLOCK
    if (name === `package/${path}`) return tar.subarray(start, start + size)
    at = start + Math.ceil(size / BLOCK) * BLOCK
  }
  throw new Error(`${tarball} has no ${path}`)
}
