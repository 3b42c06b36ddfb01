// Heap and handles of every bot over time, as one SVG.

const WIDTH = 900
const PANEL = 260
const LEFT = 70
const GAP = 60

const safe = text => text.replace(/[&<>]/g, sign => `&#${sign.charCodeAt(0)};`)

function panel({ title, series, top, minutes, most, unit }) {
  const x = minute => LEFT + (minute / minutes) * (WIDTH - LEFT - 20)
  const y = value => top + PANEL - (value / most) * PANEL
  const lines = series.map(points => {
    const path = points.map(([minute, value]) => `${x(minute).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
    return `<polyline fill="none" stroke="#2a6fb0" stroke-opacity="0.6" points="${path}"/>`
  })
  const marks = [0, 0.5, 1].map(share => {
    const value = share * most
    return `<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(1)}</text><line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(value)}" y2="${y(value)}" stroke="#ccc"/>`
  })
  return `<text x="${LEFT}" y="${top - 12}" font-weight="bold">${safe(title)}, ${safe(unit)}</text>${marks.join('')}${lines.join('')}`
}

/** `bots` is a list of samples for each bot: `{ minute, heapMib, handles }`. */
export function plot(bots, minutes) {
  const most = pick => Math.max(1, ...bots.flat().map(pick)) * 1.1
  const heap = panel({
    title: 'Heap in use after collection, each bot',
    unit: 'MiB',
    series: bots.map(samples => samples.map(({ minute, heapMib }) => [minute, heapMib])),
    top: 50,
    minutes,
    most: most(sample => sample.heapMib),
  })
  const handles = panel({
    title: 'Open file descriptors, each bot',
    unit: 'count',
    series: bots.map(samples => samples.map(({ minute, handles }) => [minute, handles])),
    top: 50 + PANEL + GAP,
    minutes,
    most: most(sample => sample.handles),
  })
  const height = 50 + 2 * PANEL + GAP + 40
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">
<title>Heap and open file descriptors of each bot over the time</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${heap}
${handles}
<text x="${WIDTH / 2}" y="${height - 10}" text-anchor="middle">minutes, 0 to ${minutes.toFixed(0)}</text>
</svg>
`
}
