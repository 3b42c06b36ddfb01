// Draws the shares of limits that are left or used.

import { shape } from './svg.mjs'

/** Fills `container` with a line for each of `{ label, text, share?, tone? }`, and a bar where there is a share. */
export function drawMeters(container, meters) {
  container.replaceChildren(...meters.flatMap(meterParts))
}

function meterParts({ label, text, share, tone }) {
  const line = document.createElement('p')
  line.className = 'meter'
  const [name, value] = ['span', 'strong'].map(tag => document.createElement(tag))
  name.textContent = label
  value.textContent = text
  line.append(name, value)
  if (share === undefined) return [line]
  const width = Math.min(1, share) * 100
  const bar = shape('svg', { class: `bar ${tone}`, viewBox: '0 0 100 2', preserveAspectRatio: 'none' })
  bar.setAttribute('aria-hidden', 'true')
  bar.append(
    shape('rect', { class: 'track', width: 100, height: 2 }),
    shape('rect', { class: 'fill', width, height: 2 }),
  )
  return [line, bar]
}
