// A package registry on loopback that knows the given tarballs and nothing else.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename } from 'node:path'
import { fileIn } from '../../scripts/release/tarballs.mjs'

/** Gives its URL and `close()`. */
export async function startRegistry(tarballs) {
  const packages = new Map()
  const files = new Map()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, url).pathname).slice(1)
    const body = files.get(path) ?? (packages.has(path) && JSON.stringify(packages.get(path)))
    const type = files.has(path) ? 'application/octet-stream' : 'application/json'
    response.writeHead(body ? 200 : 404, { 'content-type': type })
    response.end(body || JSON.stringify({ error: 'not found' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  for (const tarball of tarballs) {
    const bytes = readFileSync(tarball)
    const manifest = manifestIn(tarball)
    const { name, version } = manifest
    const path = `${name}/-/${basename(tarball)}`
    files.set(path, bytes)
    packages.set(name, {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist: distOf(bytes, `${url}/${path}`) } },
    })
  }
  return {
    url,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function distOf(bytes, tarball) {
  const digest = (algorithm, encoding) => createHash(algorithm).update(bytes).digest(encoding)
  return { tarball, integrity: `sha512-${digest('sha512', 'base64')}`, shasum: digest('sha1', 'hex') }
}

/** The package.json in a tarball. */
export function manifestIn(tarball) {
  return JSON.parse(fileIn(tarball, 'package.json'))
}
