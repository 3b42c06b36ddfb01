'use strict'
// Decides who may see the page: a browser on this machine that has opened the one-time link, and nobody else.

const { createHash, randomBytes, timingSafeEqual } = require('node:crypto')

const COOKIE = 'tradovate-session-page'
const SECRET_BYTES = 32
const MOST_VIEWERS = 16

const secret = () => randomBytes(SECRET_BYTES).toString('base64url')
const digest = text => createHash('sha256').update(text).digest()

/**
 * Judges requests. A link counts once and gives a cookie; the cookie opens what is below `folder`.
 *
 * The folder's name is random too: a browser sends a cookie to every port of a host, and would show it to a neighbour's server
 * on another port, if it knew the path.
 */
class PageGuard {
  folder = `/${randomBytes(16).toString('hex')}/`
  #host
  #link
  #viewers = []

  /** `host`, with its port, is the only host of which a request is taken. */
  constructor(host) {
    this.#host = host
  }

  /** Gives a new one-time link, and voids the one before it. */
  newLink() {
    const value = secret()
    this.#link = digest(value)
    return `http://${this.#host}/open/${value}`
  }

  /**
   * Gives `{ file }` for a request below the folder, `{ cookie }` for one with the link, or else `{ refused }` with the HTTP status.
   */
  judge({ method, url, headers, rawHeaders }) {
    if (method !== 'GET') return { refused: 405 }
    if (!this.#isFromHere(headers, rawHeaders)) return { refused: 403 }
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return { refused: 400 }
    if (url.startsWith('/open/')) return this.#open(url.slice('/open/'.length), headers)
    if (url.startsWith(this.folder) && this.#isViewer(headers.cookie)) return { file: url.slice(this.folder.length) }
    return { refused: 403 }
  }

  /** Another host is a name that somebody bound to this address. Another origin or site is a page that is not ours. */
  #isFromHere(headers, rawHeaders) {
    const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host')
    if (hosts.length !== 1 || headers.host !== this.#host) return false
    if (headers.origin !== undefined && headers.origin !== `http://${this.#host}`) return false
    return ['none', 'same-origin', undefined].includes(headers['sec-fetch-site'])
  }

  #open(value, headers) {
    // A browser may load the link ahead of the person's click: that must not use it up.
    if (headers['sec-purpose'] !== undefined || headers.purpose !== undefined) return { refused: 403 }
    if (!this.#link || !timingSafeEqual(digest(value), this.#link)) return { refused: 403 }
    this.#link = undefined
    const viewer = secret()
    this.#viewers.push(digest(viewer))
    if (this.#viewers.length > MOST_VIEWERS) this.#viewers.shift()
    return { cookie: `${COOKIE}=${viewer}; Path=${this.folder}; HttpOnly; SameSite=Strict` }
  }

  #isViewer(cookies = '') {
    const values = cookies.split(/; */).filter(pair => pair.startsWith(`${COOKIE}=`))
    const given = values.map(pair => digest(pair.slice(COOKIE.length + 1)))
    let found = false
    // Every pair is compared, whatever is found: the time that it takes tells nothing.
    for (const one of given) for (const viewer of this.#viewers) found = timingSafeEqual(one, viewer) || found
    return found
  }
}

module.exports = { PageGuard }
