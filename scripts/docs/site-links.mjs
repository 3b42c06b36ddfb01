// The links of a folder of HTML pages, and those among them that lead nowhere.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const decoded = text => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => ENTITIES[name])
const attributes = (html, pattern) => Array.from(html.matchAll(pattern), ([, value]) => decoded(value))

/**
 * Looks at each `href` and `src` of each page in a folder that has no address of another host. Gives how many pages and links there
 * are, and the broken ones: `from` is the page, `target` what it links to.
 */
export function brokenLinksIn(folder) {
  const pages = readdirSync(folder, { recursive: true })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.endsWith('.html'))
    .sort()
  const read = new Map(pages.map(page => [page, readFileSync(join(folder, page), 'utf8')]))
  const ids = new Map(Array.from(read, ([page, html]) => [page, new Set(attributes(html, /\s(?:id|name)="([^"]*)"/g))]))

  function isThere(from, target) {
    const [path, anchor] = target.split('#').map(decodeURIComponent)
    const to = path ? posix.join(dirname(from), path) : from
    if (to.startsWith('..') || !existsSync(join(folder, to))) return false
    return !anchor || !ids.has(to) || ids.get(to).has(anchor)
  }

  let links = 0
  const broken = []
  for (const [from, html] of read) {
    for (const target of attributes(html, /\s(?:href|src)="([^"]*)"/g)) {
      if (/^\w+:/.test(target)) continue
      links++
      if (!isThere(from, target)) broken.push({ from, target })
    }
  }
  return { broken, links, pages: pages.length }
}
