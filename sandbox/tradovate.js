'use strict'
// Decides what each call is answered, in the order in which Tradovate's gates stand.

const answers = require('./answers.js')
const { readCall } = require('./request.js')
const { METHODS, countsAgainstQuota, endpointOf } = require('./endpoints.js')
const { Faults } = require('./faults.js')
const { Hosts } = require('./hosts.js')
const { Log } = require('./log.js')
const { Quotas } = require('./quotas.js')
const { Sessions } = require('./sessions.js')
const { Trading } = require('./trading/trading.js')
const { Users } = require('./users.js')
const { Wire } = require('./wire.js')

const NO_ANSWER = { status: 0, headers: {}, body: '', outcome: 'refused' }
const NOT_JSON = '<html>\u0000 this is not JSON {"accessToken":'
const DENIED = 'Access is denied'

class Tradovate {
  counts = { logins: 0, renewals: 0, evictions: 0, penalties: 0, calls: 0 }
  faults = new Faults()
  hosts = new Hosts((host, request, response) => this.#serve(host, request, response))
  #options
  #quotas
  #wire

  constructor(options) {
    this.#options = options
    this.clock = () => options.now() + options.clockOffsetMs
    this.users = new Users(options.users, this.clock())
    this.sessions = new Sessions(this.clock, options)
    this.trading = new Trading(this.clock, options.market, this.users.accountIds)
    this.log = new Log(options.maxLog)
    this.#quotas = new Quotas(this.clock, options.quotas)
    this.#wire = new Wire(this.clock)
  }

  get quotas() {
    return this.#quotas.use
  }

  evict(name) {
    this.counts.evictions += this.sessions.closeAll(this.users.chosen(name))
  }

  async close() {
    this.#wire.close()
    await this.hosts.close()
  }

  async #serve(host, request, response) {
    const at = this.#options.now()
    let call
    try {
      call = await readCall(request)
    } catch {
      return
    }
    const answer = this.#answer(call, host)
    const sent = call.fault?.kind === 'cut' ? { ...answer, status: 0 } : answer
    this.#record(at, host, call, sent)
    this.#wire.deliver(request, response, sent, call.fault)
  }

  #record(at, host, { method, endpoint, address, ticket, grant, fault, parameter }, answer) {
    this.counts.calls += 1
    if (answer.outcome === 'penalty') this.counts.penalties += 1
    const named = endpoint === 'auth/accesstokenrequest' ? this.users.named(parameter('name')) : undefined
    const isFault = fault !== undefined && !['latencyMs', 'penalty'].includes(fault.kind)
    this.log.add({
      at,
      method,
      endpoint,
      host: host.address,
      address,
      ticket,
      user: (named ?? grant?.session.user)?.name,
      generation: answer.generation ?? grant?.generation,
      status: answer.status,
      outcome: isFault ? 'fault' : answer.outcome,
    })
  }

  #answer(call, host) {
    const { validity, grant } = this.sessions.look(call.accessToken)
    Object.assign(call, { validity, grant, user: grant?.session.user })
    if (host.retired) return host.retired.status === undefined ? NO_ANSWER : answers.refusal(host.retired.status)
    call.fault = this.faults.take(call.endpoint)
    return this.#faultAnswer(call) ?? this.#gatewayAnswer(call, host) ?? this.#endpointAnswer(call)
  }

  /** The answer of a fault that keeps the call from being carried out. */
  #faultAnswer({ fault, target, endpoint, address }) {
    switch (fault?.kind) {
      case 'hang':
      case 'reset':
        return NO_ANSWER
      case 'status':
        return this.#statusFault(fault)
      case 'garbage':
        return { ...answers.json(''), body: NOT_JSON }
      case 'wrongHost':
        return answers.redirect(`http://${this.hosts.other}${target}`)
      case 'penalty':
        return this.#quotas.gate(endpoint, address).hand(fault.penalty)
      default:
        return undefined
    }
  }

  #statusFault({ status, body = '', headers = {} }) {
    const type = /^\s*[{[]/.test(body) ? { 'content-type': 'application/json' } : {}
    const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    return answers.refusal(status, body, { ...type, ...Object.fromEntries(given) })
  }

  /** What stands before every endpoint; undefined lets the call through. */
  #gatewayAnswer(call, host) {
    const endpoint = endpointOf(call)
    if (call.isTooLarge) return answers.refusal(413)
    if (host.isLeft && !endpoint?.staysWhenHostsMove) {
      return answers.redirect(`http://${this.hosts.current.address}${call.target}`)
    }
    if (this.#quotas.isRateLimited(call.validity === 'good' ? call.user : undefined, call.address)) {
      return answers.refusal(429)
    }
    if (call.validity === 'good' && call.user.permissions.denies(call.endpoint)) {
      return { ...answers.refusal(401, DENIED), outcome: 'denied' }
    }
    if (endpoint === undefined) return answers.notFound()
    if (!METHODS.includes(call.method)) return answers.refusal(405, '', { allow: METHODS.join(', ') })
    return undefined
  }

  #endpointAnswer(call) {
    const gate = this.#quotas.gate(call.endpoint, call.address)
    const penalty = gate.admit(call.ticket)
    if (penalty !== undefined) return penalty
    const { answer: carryOut, needsToken } = endpointOf(call)
    const answer =
      (needsToken ? this.#tokenRefusal(call) : undefined) ??
      (call.body === undefined ? answers.refusal(400, 'Malformed JSON') : carryOut(call, this))
    if (countsAgainstQuota(call.endpoint, answer)) gate.count()
    return answer
  }

  #tokenRefusal({ validity }) {
    if (validity === 'good') return undefined
    if (validity === 'expired') return answers.refusal(401, 'Expired Access Token')
    const status = validity === 'closed' ? this.#options.closedSessionStatus : 401
    return answers.refusal(status, status === 401 ? DENIED : '')
  }
}

module.exports = { Tradovate }
