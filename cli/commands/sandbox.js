'use strict'
// tradovate-session sandbox: runs Tradovate on this machine, for bots in any language.

const { openControl } = require('../../sandbox/control.js')
const { startSandbox } = require('../../sandbox/index.js')

async function sandbox({ port, controlPort, tokenLifetime, maxSessions, quotas, json }, { terminal, stop }) {
  const given = {
    port,
    tokenLifetimeMs: tokenLifetime,
    maxSessions,
    quotas: quotas ? undefined : false,
  }
  const running = await startSandbox(given)
  const open = [running]
  try {
    const control = controlPort === undefined ? undefined : await openControl(running, { port: controlPort })
    if (control) open.push(control)
    const { baseUrl, credentials } = running
    if (json) terminal.line(JSON.stringify({ baseUrl, credentials, controlUrl: control?.url }))
    else for (const line of environmentLines(baseUrl, credentials, control?.url)) terminal.line(line)
    await stop.asked()
  } finally {
    for (const one of open.reverse()) await one.close()
  }
}

/** Gives a file of variables that shells, Docker and systemd can read. */
function environmentLines(baseUrl, { name, password, appId, appVersion, cid, sec }, controlUrl) {
  return [
    '# Tradovate on this machine until Ctrl-C. What it hands out is worthless elsewhere. As the file sandbox.env it is used so:',
    '#   set -a; . ./sandbox.env; set +a',
    '#   node --env-file=sandbox.env bot.mjs',
    `TRADOVATE_BASE_URL=${baseUrl}`,
    `TRADOVATE_NAME=${name}`,
    `TRADOVATE_PASSWORD=${password}`,
    `TRADOVATE_APP_ID=${appId}`,
    `TRADOVATE_APP_VERSION=${appVersion}`,
    `TRADOVATE_CID=${cid}`,
    `TRADOVATE_SEC=${sec}`,
    ...(controlUrl === undefined ? [] : [`SANDBOX_CONTROL_URL=${controlUrl}`]),
  ]
}

module.exports = { sandbox }
