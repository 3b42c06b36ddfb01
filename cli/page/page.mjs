// Shows each message of the page's server, and counts down in between.

import { drawAccounts, drawBalances, watchBalancesButton } from './accounts.mjs'
import { drawChart } from './chart.mjs'
import { clock, countdown, dateAndClock, distance, passed, zone } from './format.mjs'
import { drawMeters } from './meters.mjs'
import { tellOfPerson, watchNotifyButton } from './notify.mjs'

const TICK_MS = 250
const COUNTS = ['logins', 'renewals', 'adoptions', 'failures']
const TONES = { active: 'good', degraded: 'warn', waiting: 'warn', contended: 'bad', stopped: 'bad', closed: 'bad' }
const ENVIRONMENTS = { live: 'LIVE – real money', demo: 'Demo – simulation or evaluation' }

const NO_ACCOUNTS = 'This login sees no account. That usually means the wrong environment.'

const at = id => document.getElementById(id)
let latest
/** How far the clock of the page's server is ahead of the browser's. */
let ahead = 0

const live = new EventSource('events')
live.addEventListener('message', ({ data }) => {
  latest = JSON.parse(data)
  ahead = latest.now - Date.now()
  setLost(false)
  render(latest)
})
live.addEventListener('error', () => {
  const known = latest ? ` What is shown was known at ${clock(latest.now)}.` : ''
  const isOver = live.readyState === EventSource.CLOSED
  const hope = isOver ? 'Open the page by a new link.' : 'It is tried again.'
  at('lost').textContent = `No connection to tradovate-session. ${hope}${known}`
  setLost(true)
})
setInterval(() => latest && tick(latest), TICK_MS)
addEventListener('resize', () => latest && drawChart(at('chart'), latest.day))
watchNotifyButton(at('notify'), at('notified'))
watchBalancesButton(at('balances'))

function setLost(lost) {
  at('lost').hidden = !lost
  document.body.classList.toggle('lost', lost)
  if (lost) document.title = 'NO CONNECTION – tradovate-session'
}

function render(snapshot) {
  const { status, reason, host, accounts, events, dependents } = snapshot
  const tone = reason?.needsPerson ? 'bad' : TONES[status.state]
  drawEnvironment(status.environment, host)
  put('state', status.state)
  at('state').className = `badge ${tone}`
  drawReason(status, reason, tone)
  put('renews-at', clock(status.renewsAt))
  put('generation', status.generation)
  put('user', status.userId ?? '–')
  put('zone', zone())
  put('dependents', dependents)
  for (const name of COUNTS) put(name, status[name])
  at('failures').classList.toggle('some', status.failures > 0)
  drawLimits(snapshot)
  drawAccounts(at('columns'), at('accounts'), snapshot)
  at('no-accounts').hidden = accounts.length > 0
  put('no-accounts', snapshot.accountsKnown ? NO_ACCOUNTS : 'No accounts yet.')
  at('events').replaceChildren(...events.map(eventItem))
  at('no-events').hidden = events.length > 0
  drawChart(at('chart'), snapshot.day)
  tellOfPerson(status.environment, reason)
  tick(snapshot)
}

function drawEnvironment(environment, host) {
  at('environment').hidden = false
  at('environment').className = `environment ${environment}`
  put('environment', `${ENVIRONMENTS[environment]}${host ? `, at ${host}` : ''}`)
}

/** A state that is not good has a banner of its tone, even where nobody knows the reason. */
function drawReason({ state }, reason, tone) {
  at('reason').hidden = tone === 'good'
  at('reason').className = `notice ${tone}`
  put('reason-title', reason?.needsPerson ? 'A person is needed' : `The session is ${state}`)
  put('reason-what', reason?.what ?? '')
  put('reason-advice', reason?.advice ?? '')
}

function drawLimits({ status, limits }) {
  const { budget, address } = status
  const minutes = limits.loginsWithinMs / 60_000
  drawMeters(at('budget'), [
    left('Logins', budget.logins, limits.logins, `in ${minutes} minutes`),
    left('Renewals', budget.renewals, limits.renewals, 'in an hour'),
  ])
  drawMeters(at('address'), [
    used('Renewals', address.renewals, limits.renewals),
    used('Refused logins', address.refusedLogins, limits.refusedLogins),
    { label: 'Logins kept alive', text: String(address.logins) },
  ])
  at('overfull').hidden = !address.overfull
  put('overfull', address.overfull ? 'More logins are kept alive than renewals alone can keep.' : '')
}

function left(label, count, most, within) {
  const tone = count === 0 ? 'bad' : count * 4 <= most ? 'warn' : 'good'
  return { label, text: `${count} of ${most} ${within}`, share: count / most, tone }
}

function used(label, count, most) {
  const tone = count >= most ? 'bad' : count * 4 >= most * 3 ? 'warn' : 'good'
  return { label, text: `${count} of ${most} in the last hour`, share: count / most, tone }
}

function tick({ status, reason, tokenSince, lastCall, balances, accounts }) {
  const now = Date.now() + ahead
  put('countdown', status.renewsAt ? countdown(Date.parse(status.renewsAt) - now) : 'none planned')
  put('expires-at', status.expiresAt ? momentAndDistance(status.expiresAt, now) : '–')
  put('last-call', lastCall ? `${lastCall.what}, ${clock(lastCall.at)} (${passed(now - lastCall.at)})` : 'none yet')
  put('reason-retry', retry(status, reason, now))
  const whole = Date.parse(status.renewsAt) - tokenSince
  const share = whole > 0 ? Math.min(1, Math.max(0, (now - tokenSince) / whole)) : 0
  at('passed').setAttribute('width', String(share * 100))
  const { state } = status
  drawBalances(at('balances'), at('balances-told'), at('balance-failures'), { balances, accounts, state, now })
  if (!at('lost').hidden) return
  const person = reason?.needsPerson ? 'PERSON NEEDED, ' : ''
  document.title = `${person}${status.environment === 'live' ? 'LIVE' : 'demo'} ${status.state} – tradovate-session`
}

/** A session that is contended makes no try by itself. */
function retry({ state, retryAt }, reason, now) {
  if (retryAt && state !== 'contended') return `The next try is due at ${momentAndDistance(retryAt, now)}.`
  const from = retryAt ?? reason?.retryAt
  return from ? `Trying again can help from ${momentAndDistance(from, now)} on.` : ''
}

function momentAndDistance(time, now) {
  return `${clock(time)} (${distance(Date.parse(time) - now)})`
}

function put(id, value) {
  const text = String(value)
  if (at(id).textContent !== text) at(id).textContent = text
}

function eventItem(event) {
  const item = document.createElement('li')
  item.className = event.kind
  const time = document.createElement('time')
  time.dateTime = event.at
  time.textContent = dateAndClock(event.at, Date.now() + ahead)
  const text = document.createElement('span')
  text.textContent = event.text
  item.append(time, text)
  return item
}
