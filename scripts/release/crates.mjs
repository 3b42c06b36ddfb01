// The crates that are compiled into an addon, as cargo knows them.

import { spawnSync } from 'node:child_process'
import { root } from '../addon.mjs'

/**
 * For a target of Rust, as x86_64-unknown-linux-gnu: what the crate needs to run, without itself. Not what builds or tests it, and no
 * procedural macro, which runs in the compiler. Each has cargo's own fields, and in `needs` the ids of those that it uses itself.
 * Cargo fetches what it lacks.
 */
export function cratesFor(target) {
  return compiledIn(cargoMetadata(target))
}

function cargoMetadata(target) {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', target]
  const { status, stdout, stderr } = spawnSync('cargo', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`cargo metadata failed: ${stderr}`)
  return JSON.parse(stdout)
}

function compiledIn({ packages, resolve: { nodes, root: own } }) {
  const packageOf = new Map(packages.map(crate => [crate.id, crate]))
  const nodeOf = new Map(nodes.map(node => [node.id, node]))
  const isMacro = id => packageOf.get(id).targets.some(({ kind }) => kind.includes('proc-macro'))
  const neededBy = id =>
    nodeOf
      .get(id)
      .deps.filter(({ dep_kinds, pkg }) => dep_kinds.some(({ kind }) => kind === null) && !isMacro(pkg))
      .map(({ pkg }) => pkg)
  const found = new Set([own])
  for (const id of found) for (const pkg of neededBy(id)) found.add(pkg)
  found.delete(own)
  return [...found]
    .map(id => ({ ...packageOf.get(id), needs: neededBy(id) }))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1))
}
