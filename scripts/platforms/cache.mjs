// Where what was fetched and built is kept between two runs: a folder of the user's, outside the checkout.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The variable that names another folder. */
export const VARIABLE = 'TRADOVATE_SESSION_PLATFORMS'

/** The folder that everything is kept in: what the variable names, else one in the user's folder for caches. */
export function cacheFolder(env = process.env) {
  if (env[VARIABLE]) return resolve(env[VARIABLE])
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tradovate-session-platforms')
}

/**
 * Gives the folder of this name in the cache. If it is not there, `make` fills it; one that was not filled to the end is
 * made anew.
 */
export function cached(name, make) {
  const folder = join(cacheFolder(), name)
  if (existsSync(folder)) return folder
  const unfinished = `${folder}.part`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  make(unfinished)
  renameSync(unfinished, folder)
  return folder
}
