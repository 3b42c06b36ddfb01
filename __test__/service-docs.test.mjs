// docs/token-service.md: its lines do what it says, and its metrics are the ones that there are.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import tradovate from '../index.js'
import { atHome } from './service/home.mjs'
import { ask } from './service/raw.mjs'

const exec = promisify(execFile)
const read = name => readFile(fileURLToPath(new URL(`../docs/${name}`, import.meta.url)), 'utf8')
const manual = await read('token-service.md')
const blocks = language =>
  [...manual.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(match => match[1])

async function atService(run) {
  await atHome({}, async home => {
    const session = home.keep(
      await tradovate.Session.open(home.sandbox.credentials, {
        baseUrl: home.sandbox.baseUrl,
        store: { type: 'memory' },
      }),
    )
    await session.serve({ ...home.socket, metricsPort: 0 })
    const { address, metricsPort } = await session.serve({ ...home.port, metricsPort: 0 })
    const env = {
      ...process.env,
      SOCKET: home.socket.socketPath,
      PORT: String(address.port),
      SECRET_FILE: address.secretFile,
    }
    await run({ env, metricsPort, session, sandbox: home.sandbox })
  })
}

test('the lines of curl answer as documented', () =>
  atService(async ({ env, session, sandbox }) => {
    const before = session.accessToken
    const outputs = []
    for (const block of blocks('sh')) outputs.push((await exec('sh', ['-ec', block], { env })).stdout)
    const [proven, token, polled, accounts, reported, ready, atPort] = outputs
    assert.equal(proven, 'proven\n')
    const names = [...manual.match(/^```json\n(.*?)^```/ms)[1].matchAll(/^ {2}"(\w+)"/gm)].map(match => match[1])
    for (const text of [token, polled, atPort]) {
      assert.deepEqual(Object.keys(JSON.parse(text)).sort(), names.sort())
      // The report made the service renew.
      assert.ok([before, session.accessToken].includes(JSON.parse(text).accessToken))
    }
    assert.equal(JSON.parse(accounts).length, 2)
    assert.deepEqual(JSON.parse(reported), { generation: 1, probing: true })
    assert.equal(ready, 'ready\n')
    assert.equal(outputs.length, 7)
    assert.equal(sandbox.counts.logins, 1)
  }))

test('the lines of Python answer as documented', () =>
  atService(async ({ env, sandbox }) => {
    const [script] = blocks('python')
    const { stdout } = await exec('python3', ['-c', script], { env })
    assert.equal(stdout, `1 live ${sandbox.baseUrl}\n`)
  }))

test('every metric that is documented, watched or drawn is there, and every one that is there is documented', () =>
  atService(async ({ env, metricsPort }) => {
    // What nobody has asked for yet is not counted.
    await ask({ socketPath: env.SOCKET }, '/v1/token')
    const { text } = await ask({ port: metricsPort }, '/metrics')
    const there = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(match => match[1]))
    const nameOf = series => series.replace(/_(total|info)$/, '')
    const known = name => there.has(name) || there.has(nameOf(name))
    for (const file of ['token-service-alerts.yml', 'token-service-dashboard.json']) {
      const used = [...(await read(file)).matchAll(/\btradovate_\w+/g)].map(match => match[0])
      assert.ok(used.length > 3, file)
      for (const name of used) assert.ok(known(name), `${file}: ${name}`)
    }
    const documented = manual.slice(manual.indexOf('## Metrics')).replaceAll('`, `_', '`, `tradovate_session_')
    for (const name of there) assert.match(documented, new RegExp(`\`${name}(_total|_info)?[\`{]`), name)
    for (const [name] of documented.matchAll(/\btradovate_\w+/g)) assert.ok(known(name), name)
  }))

test('the dashboard is one that Grafana can take', async () => {
  const { panels, templating, uid } = JSON.parse(await read('token-service-dashboard.json'))
  assert.equal(uid, 'tradovate-session')
  assert.deepEqual(
    templating.list.map(variable => variable.name),
    ['source', 'instance'],
  )
  assert.equal(new Set(panels.map(panel => panel.id)).size, panels.length)
  for (const { type, title, gridPos, targets } of panels) {
    assert.ok(type && title && gridPos.x + gridPos.w <= 24)
    for (const { expr } of targets) assert.equal(expr.split('(').length, expr.split(')').length, expr)
  }
})
