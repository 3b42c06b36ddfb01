// A headless Chromium, as Debian packages it, and where its screenshots go.

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { findProgram } from '../../scripts/programs.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const executablePath = findProgram(NAMES)

/** Why a test that needs a browser is left out; false where there is one, and under CI, where a missing one is a failure. */
export const skipWithoutBrowser = !executablePath && process.env.CI !== 'true' && `none of ${NAMES.join(', ')} is here`

/** `args` are Chromium's own. */
export function launchBrowser({ args = [] } = {}) {
  // Chromium refuses to build its sandbox as root; what it opens here is ours.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: executablePath ?? NAMES[0], args: [...asRoot, ...args] })
}

/** Runs `run(tab, context)` with a browser of its own: no cookie is there before, and none stays. `options` are the context's. */
export async function inTabOf(browser, run, options) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 1200 }, ...options })
  try {
    await run(await context.newPage(), context)
  } finally {
    await context.close()
  }
}

/** The path for a screenshot, in a folder that is kept but not committed. */
export function artefact(name) {
  const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'artefacts')
  mkdirSync(folder, { recursive: true })
  return join(folder, name)
}
