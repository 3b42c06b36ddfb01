'use strict'
// tradovate-session sandbox: Tradovate on this machine, for bots in any language.

const { startSandbox } = require('../../sandbox/index.js')

async function sandbox({ port, tokenLifetime, maxSessions, quotas, json }, { terminal, stop }) {
  const given = {
    port,
    tokenLifetimeMs: tokenLifetime,
    maxSessions,
    quotas: quotas ? undefined : false,
  }
  const running = await startSandbox(given)
  try {
    const { baseUrl, credentials } = running
    if (json) terminal.line(JSON.stringify({ baseUrl, credentials }))
    else for (const line of environmentLines(baseUrl, credentials)) terminal.line(line)
    await stop.asked()
  } finally {
    await running.close()
  }
}

/** A file of variables as shells, Docker and systemd read it. */
function environmentLines(baseUrl, { name, password, appId, appVersion, cid, sec }) {
  return [
    '# Tradovate on this machine until Ctrl-C. What it hands out is worthless elsewhere.',
    `TRADOVATE_BASE_URL=${baseUrl}`,
    `TRADOVATE_NAME=${name}`,
    `TRADOVATE_PASSWORD=${password}`,
    `TRADOVATE_APP_ID=${appId}`,
    `TRADOVATE_APP_VERSION=${appVersion}`,
    `TRADOVATE_CID=${cid}`,
    `TRADOVATE_SEC=${sec}`,
  ]
}

module.exports = { sandbox }
