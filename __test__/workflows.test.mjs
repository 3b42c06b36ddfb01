// What the workflows of GitHub may do. Other tools check their form: npm run workflows.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import native from '../native.js'
import { root } from '../scripts/addon.mjs'

const folder = join(root, '.github', 'workflows')
const { engines, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const NODES = [20, 22, 24, 26]
/** What a step may run besides the scripts of package.json and the files of scripts/. */
const COMMANDS = ['npm ci', 'bash .ci/run']

const files = readdirSync(folder).map(name => {
  const text = readFileSync(join(folder, name), 'utf8')
  return { name, text, workflow: parse(text) }
})
const { ci, release } = Object.fromEntries(files.map(({ name, workflow }) => [name.replace('.yml', ''), workflow]))
const jobs = files.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ id: `${name}, ${id}`, job })),
)
const steps = jobs.flatMap(({ id, job }) => (job.steps ?? []).map(step => ({ id, step })))

test('every action is named by the hash of a commit, with its version beside it, and always the same', () => {
  const hashes = new Map()
  for (const { name, text } of files) {
    const uses = [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, what]) => what)
    assert.ok(uses.length > 0, name)
    for (const what of uses) {
      if (what.startsWith('./')) {
        assert.ok(existsSync(join(root, what.split(' ')[0])), what)
        continue
      }
      const [, action, hash] = what.match(/^([\w-]+\/[\w-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$/) ?? []
      assert.ok(hash, `${name}: ${what}`)
      assert.equal(hashes.get(action) ?? hash, hash, `${action} has two hashes`)
      hashes.set(action, hash)
    }
  }
})

test('every job has rights of its own, to read the sources, and two jobs of a release one more each', () => {
  for (const { name, workflow } of files) assert.deepEqual(workflow.permissions, {}, name)
  const more = { 'release.yml, publish': { 'id-token': 'write' }, 'release.yml, github': { contents: 'write' } }
  for (const { id, job } of jobs) assert.deepEqual(job.permissions, { contents: 'read', ...more[id] }, id)
})

test('no secret is used, and no checkout leaves its token behind', () => {
  for (const { name, text } of files) {
    assert.doesNotMatch(
      text,
      /secrets\b|_auth|NODE_AUTH_TOKEN|NPM_TOKEN|pull_request_target|workflow_run|registry/i,
      name,
    )
  }
  for (const { id, job } of jobs) {
    const tokens = Object.entries(job.env ?? {}).filter(([, value]) => /token/.test(value))
    const isGithub = id === 'release.yml, github'
    assert.deepEqual(Object.keys(Object.fromEntries(tokens)), isGithub ? ['GH_TOKEN'] : [], id)
    if (isGithub) assert.match(job.env.GH_TOKEN, /^\$\{\{ github\.token \}\}$/)
  }
  const checkouts = steps.filter(({ step }) => step.uses?.startsWith('actions/checkout@'))
  for (const { id, step } of checkouts) assert.equal(step.with['persist-credentials'], false, id)
})

test('every step runs what can be run by hand too, and takes no text from outside into its command', () => {
  const commands = steps.flatMap(({ id, step }) => (step.run === undefined ? [] : [{ id, run: step.run }]))
  assert.ok(commands.length > 10)
  for (const { id, run } of commands) {
    assert.doesNotMatch(run, /\$\{\{|\n|;|\||&&/, id)
    if (COMMANDS.includes(run)) continue
    const name = run.match(/^npm run ([\w:]+)/)?.[1] ?? run.match(/^npm (test)\b/)?.[1]
    const file = name ? scripts[name]?.match(/^node (scripts\/\S+)/)?.[1] : run.match(/ (scripts\/\S+)$/)?.[1]
    assert.ok(file && existsSync(join(root, file)), `${id}: ${run}`)
  }
})

test('every job ends: by itself or by a limit', () => {
  for (const { id, job } of jobs) assert.ok(job.uses || job['timeout-minutes'] <= 90, id)
})

test('a release builds every platform that the loader knows, and tries each, on every version of Node', () => {
  const { alpine, build, try: others } = release.jobs
  const platforms = [...native.platforms].sort()
  assert.deepEqual(build.strategy.matrix.include.map(({ platform }) => platform).sort(), platforms)
  const tried = [
    ...others.strategy.matrix.system.map(({ platform }) => platform),
    ...alpine.strategy.matrix.system.map(({ processor }) => `linux-${processor}-musl`),
  ]
  assert.deepEqual(tried.sort(), platforms)
  const again = release.jobs.reproduce.strategy.matrix.platform
  assert.deepEqual(
    again,
    platforms.filter(name => name.startsWith('linux-')),
  )
  for (const { strategy } of [ci.jobs.node, others, alpine]) assert.deepEqual(strategy.matrix.node, NODES)
  assert.equal(engines.node, `>=${NODES[0]}`)
})

test('nothing is published before all else of the release has passed, and only a tag of a version starts one', () => {
  const before = new Set()
  const add = id => {
    for (const need of [release.jobs[id].needs ?? []].flat()) {
      before.add(need)
      add(need)
    }
  }
  add('publish')
  const others = Object.keys(release.jobs).filter(id => !['publish', 'github'].includes(id))
  assert.deepEqual([...before].sort(), others.sort())
  assert.equal(release.jobs.github.needs, 'publish')
  assert.deepEqual(release.on, { push: { tags: ['v*'] } })
  for (const id of Object.keys(release.jobs)) {
    assert.ok(!('if' in release.jobs[id] || release.jobs[id]['continue-on-error']), id)
  }
})

test('what the registry gives a token for runs no code of others', () => {
  const commands = release.jobs.publish.steps.flatMap(({ run }) => run ?? [])
  assert.deepEqual(commands, ['npm run release:check -- "$TAG"', 'npm run release:publish'])
})
