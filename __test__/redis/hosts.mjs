// Machines for bots that share nothing but a network: namespaces on a bridge, where this process may make them; else
// processes whose way to Redis can be cut.

import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { forward } from './forward.mjs'
import { Redis } from './server.mjs'

const FORWARD = fileURLToPath(new URL('forward.mjs', import.meta.url))
const PASSWORD = 'canary-redis-password'

/** As many hosts, with one Redis and one Tradovate in their reach. `close()` removes all of it. */
export async function makeHosts(count, sandboxPort) {
  const network = process.platform === 'linux' && process.getuid() === 0 ? Network.make(count) : undefined
  return network ? NamespaceHosts.make(network, sandboxPort) : ProcessHosts.make(count)
}

function ip(...args) {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' })
  if (error || status !== 0) throw error ?? new Error(`ip ${args.join(' ')}: ${stderr}`)
}

/** Namespaces on a bridge. The addresses are of a range that is for tests of networks and routed nowhere. */
class Network {
  #name = `ts${process.pid}`
  #subnet = `198.18.${process.pid % 256}`
  #made = []
  namespaces = []
  tradovate = `${this.#subnet}.1`
  redis = `${this.#subnet}.2`

  static make(count) {
    const network = new Network()
    try {
      network.#add(count)
      return network
    } catch {
      network.remove()
      return undefined
    }
  }

  #add(count) {
    const bridge = `${this.#name}b`
    ip('link', 'add', bridge, 'type', 'bridge')
    this.#made.push(['link', 'del', bridge])
    for (const address of [this.tradovate, this.redis]) ip('address', 'add', `${address}/24`, 'dev', bridge)
    ip('link', 'set', bridge, 'up')
    for (let i = 0; i < count; i++) {
      const [namespace, link] = [`${this.#name}n${i}`, `${this.#name}v${i}`]
      ip('netns', 'add', namespace)
      this.#made.push(['netns', 'del', namespace])
      ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
      this.#made.push(['link', 'del', link])
      ip('link', 'set', link, 'master', bridge, 'up')
      ip('-n', namespace, 'address', 'add', `${this.#subnet}.${10 + i}/24`, 'dev', 'eth0')
      for (const device of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', device, 'up')
      this.namespaces.push({ namespace, link })
    }
  }

  remove() {
    for (const args of this.#made.reverse()) spawnSync('ip', args)
  }
}

class NamespaceHosts {
  kind = 'network namespaces'
  #network
  #closing = []

  constructor(network) {
    this.#network = network
    this.#closing.push(() => network.remove())
  }

  static async make(network, sandboxPort) {
    const hosts = new NamespaceHosts(network)
    try {
      await hosts.#start(sandboxPort)
      return hosts
    } catch (error) {
      await hosts.close()
      throw error
    }
  }

  async #start(sandboxPort) {
    const { tradovate, redis, namespaces } = this.#network
    this.redis = await Redis.start({ host: redis, password: PASSWORD })
    this.#closing.push(() => this.redis.stop())
    // Tradovate is plain HTTP here, so it must be on everybody's own loopback, at the port that its name has for all.
    const out = await forward({ host: tradovate, to: { host: '127.0.0.1', port: sandboxPort } })
    this.#closing.push(() => out.close())
    for (const i of namespaces.keys()) {
      const [execPath, ...execArgv] = this.command(i)
      const into = fork(FORWARD, [sandboxPort, tradovate, out.port].map(String), { execPath, execArgv })
      this.#closing.push(async () => {
        const ended = once(into, 'exit')
        into.kill('SIGKILL')
        await ended
      })
      await once(into, 'message')
    }
  }

  /** How a program is started on this host. */
  command(i) {
    return ['ip', 'netns', 'exec', this.#network.namespaces[i].namespace, process.execPath]
  }

  redisUrl() {
    return this.redis.url
  }

  /** Redis alone is out of reach, or in it again. */
  cutRedis(i, cut) {
    const { namespace } = this.#network.namespaces[i]
    ip('-n', namespace, 'route', cut ? 'add' : 'del', 'blackhole', `${this.#network.redis}/32`)
  }

  /** The host's cable is pulled, or plugged in again. */
  cut(i, cut) {
    ip('link', 'set', this.#network.namespaces[i].link, cut ? 'down' : 'up')
  }

  async close() {
    for (const close of this.#closing.reverse()) await close()
  }
}

class ProcessHosts {
  kind = 'processes, since no network namespaces can be made'
  #ways = []

  static async make(count) {
    const hosts = new ProcessHosts()
    hosts.redis = await Redis.start({ password: PASSWORD })
    for (let i = 0; i < count; i++) {
      hosts.#ways.push(await forward({ to: { host: '127.0.0.1', port: hosts.redis.port } }))
    }
    return hosts
  }

  command() {
    return [process.execPath]
  }

  redisUrl(i) {
    const url = new URL(this.redis.url)
    url.port = this.#ways[i].port
    return url.href
  }

  cutRedis(i, cut) {
    this.#ways[i].cut(cut)
  }

  cut(i, cut) {
    this.cutRedis(i, cut)
  }

  async close() {
    for (const way of this.#ways) way.close()
    await this.redis.stop()
  }
}
