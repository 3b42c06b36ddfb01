// The pieces of a plot, as SVG.

export const COLOURS = {
  ours: '#1f6feb',
  peer: '#9aa4b2',
  floor: '#2da44e',
  text: '#1f2328',
  faint: '#d0d7de',
  dim: '#59636e',
}

const escaped = text => String(text).replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`)

export function text(x, y, content, { size = 12, anchor = 'start', fill = COLOURS.text, weight = 'normal' } = {}) {
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${fill}" font-weight="${weight}">${escaped(content)}</text>`
}

export const rect = (x, y, width, height, fill) =>
  `<rect x="${x}" y="${y}" width="${Math.max(1, width).toFixed(1)}" height="${height}" fill="${fill}"/>`

export const line = (x1, y1, x2, y2, stroke, width = 1) =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}" stroke-width="${width}"/>`

/** A title, and below it where and of what the results are. */
export function heading(left, title, { machine, versions, at }) {
  const { processor, cores, system, node } = machine
  const about = `${processor}, ${cores} cores, ${system}, Node ${node}, ${at.slice(0, 10)}`
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    text(left, 34, title, { size: 18, weight: 'bold' }),
    text(left, 54, about, { fill: COLOURS.dim }),
    text(left, 72, names.join(', '), { fill: COLOURS.dim }),
  ].join('\n')
}

/** A whole SVG. */
export function picture(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif">\n<title>${escaped(title)}</title>\n${rect(0, 0, width, height, '#ffffff')}\n${parts.join('\n')}\n</svg>\n`
}
