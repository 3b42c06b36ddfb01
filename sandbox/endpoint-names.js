'use strict'
// How a test names endpoints: by a path in any case, or by a pattern for a domain.

/** Without `/v1/` and in lower case, as endpoints are known here. */
const normalise = path => path.toLowerCase().replace(/^\/?(v1\/)?/, '')

const isPath = text => text.includes('/') && !text.includes('*')

/** Whether an endpoint is meant by a path (`order/list`) or by a domain (`order/*`); undefined for any other text. */
function matcherOf(text) {
  const pattern = normalise(text)
  if (/^[^/*]+\/\*$/.test(pattern)) return endpoint => endpoint.startsWith(pattern.slice(0, -1))
  return isPath(pattern) ? endpoint => endpoint === pattern : undefined
}

module.exports = { matcherOf, normalise }
