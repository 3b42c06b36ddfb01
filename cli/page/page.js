'use strict'
// Shows each message of the page's server, and counts down in between.

const TICK_MS = 250
const CHART = { left: 26, right: 18, top: 10, bottom: 24, height: 200, least: 4 }
const ROOM_FOR_AN_HOUR = 24
const KINDS = ['renewals', 'logins', 'adoptions', 'failures']
const TONES = { active: 'good', degraded: 'warn', waiting: 'warn', contended: 'bad', stopped: 'bad' }
const ACCOUNT_FIELDS = ['id', 'name', 'accountType', 'active', 'marginAccountType', 'legalStatus', 'nickname']

const at = id => document.getElementById(id)
let latest

const live = new EventSource('events')
live.addEventListener('message', ({ data }) => {
  latest = JSON.parse(data)
  at('lost').hidden = true
  render(latest)
})
live.addEventListener('error', () => {
  const known = latest ? ` What is shown was known at ${clock(latest.now)}.` : ''
  const isOver = live.readyState === EventSource.CLOSED
  const hope = isOver ? 'Open the page by a new link.' : 'It is tried again.'
  at('lost').textContent = `No connection to tradovate-session. ${hope}${known}`
  at('lost').hidden = false
})
setInterval(() => latest && tick(latest), TICK_MS)
addEventListener('resize', () => latest && drawChart(latest))

function render(snapshot) {
  const { status, accounts, events } = snapshot
  put('environment', status.environment)
  put('state', status.state)
  at('state').className = `badge ${TONES[status.state] ?? ''}`
  at('reason').hidden = !status.reason
  put('reason', status.reason ?? '')
  put('renews-at', clock(status.renewsAt))
  at('retry').hidden = !status.retryAt
  put('retry-at', clock(status.retryAt))
  put('generation', status.generation)
  put('user', status.userId ?? '–')
  for (const name of KINDS) put(name, status[name])
  at('failures').classList.toggle('some', status.failures > 0)
  at('accounts').replaceChildren(...accounts.map(accountRow))
  at('no-accounts').hidden = accounts.length > 0
  at('events').replaceChildren(...events.toReversed().map(eventItem))
  at('no-events').hidden = events.length > 0
  drawChart(snapshot)
  tick(snapshot)
}

function tick({ status, tokenSince }) {
  const now = Date.now()
  put('countdown', status.renewsAt ? countdown(Date.parse(status.renewsAt) - now) : 'none planned')
  put(
    'expires-at',
    status.expiresAt ? `${clock(status.expiresAt)} (${distance(Date.parse(status.expiresAt) - now)})` : '–',
  )
  const whole = Date.parse(status.renewsAt) - tokenSince
  const share = whole > 0 ? Math.min(1, Math.max(0, (now - tokenSince) / whole)) : 0
  at('passed').setAttribute('width', String(share * 100))
  document.title = `${status.state} – tradovate-session`
}

function put(id, value) {
  const text = String(value)
  if (at(id).textContent !== text) at(id).textContent = text
}

function accountRow(account) {
  const row = document.createElement('tr')
  for (const field of ACCOUNT_FIELDS) {
    const cell = document.createElement('td')
    const value = account[field]
    cell.textContent = value === true ? 'yes' : value === false ? 'no' : (value ?? '–')
    if (typeof value === 'number') cell.className = 'number'
    row.append(cell)
  }
  return row
}

function eventItem(event) {
  const item = document.createElement('li')
  item.className = event.kind
  const time = document.createElement('time')
  time.dateTime = event.at
  time.textContent = clock(event.at)
  const text = document.createElement('span')
  text.textContent = event.text
  item.append(time, text)
  return item
}

function drawChart({ day }) {
  const width = at('chart').clientWidth
  at('chart').setAttribute('viewBox', `0 0 ${width} ${CHART.height}`)
  at('chart').replaceChildren(...chart(day, width))
}

function chart(day, width) {
  const { left, right, top, bottom, height, least } = CHART
  const highest = Math.max(least, ...day.map(hour => KINDS.reduce((sum, kind) => sum + hour[kind], 0)))
  const most = highest + (highest % 2)
  // A tab has no room before it is laid out, or if it is very narrow.
  const step = Math.max(0, width - left - right) / day.length
  const labelEvery = step < ROOM_FOR_AN_HOUR ? 6 : 3
  const y = count => top + (height - top - bottom) * (1 - count / most)
  const parts = [0, most / 2, most].flatMap(count => [
    shape('line', { x1: left, x2: width - right, y1: y(count), y2: y(count) }),
    shape('text', { x: left - 6, y: y(count) + 4, 'text-anchor': 'end' }, String(count)),
  ])
  for (const [i, hour] of day.entries()) {
    const x = left + i * step
    let below = 0
    for (const kind of KINDS) {
      if (hour[kind] === 0) continue
      const size = {
        x: x + step * 0.18,
        width: step * 0.64,
        y: y(below + hour[kind]),
        height: y(below) - y(below + hour[kind]),
      }
      const bar = shape('rect', { ...size, rx: 2, class: kind })
      bar.append(shape('title', {}, `${hour[kind]} ${kind} from ${clock(hour.startsAt).slice(0, 5)} on`))
      parts.push(bar)
      below += hour[kind]
    }
    if (i % labelEvery === labelEvery - 1) {
      const label = { x: x + step / 2, y: height - 6, 'text-anchor': 'middle' }
      parts.push(shape('text', label, clock(hour.startsAt).slice(0, 5)))
    }
  }
  return parts
}

function shape(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  if (text !== undefined) element.textContent = text
  return element
}

function clock(time) {
  return time === undefined ? '–' : new Date(time).toTimeString().slice(0, 8)
}

function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [hours, minutes, rest] = parts.map(part => String(part).padStart(2, '0'))
  return parts[0] > 0 ? `${hours}:${minutes}:${rest}` : `${minutes}:${rest}`
}

function distance(ms) {
  if (ms <= 0) return 'now'
  const seconds = Math.round(ms / 1000)
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.round(seconds / 60)} min`
}
