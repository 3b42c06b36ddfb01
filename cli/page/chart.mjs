// Draws the events of each of the last 24 hours as bars.

import { clock } from './format.mjs'
import { shape } from './svg.mjs'

const SIZE = { left: 26, right: 18, top: 10, bottom: 24, height: 200, least: 4 }
const ROOM_FOR_AN_HOUR = 24
const KINDS = ['renewals', 'logins', 'adoptions', 'failures']

export function drawChart(svg, day) {
  const width = svg.clientWidth
  svg.setAttribute('viewBox', `0 0 ${width} ${SIZE.height}`)
  svg.replaceChildren(...chart(day, width))
}

function chart(day, width) {
  const { left, right, top, bottom, height, least } = SIZE
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
