// Which rows run together: those that mostly wait run side by side, while nothing else does; all others run one after another.

import { momentsOf } from './moments.mjs'

/** Rows with a distant server, and the soak. */
const mostlyWaits = ({ isMostlyWaiting = false }) => isMostlyWaiting
const hasDistantServer = ({ measure }) => measure === 'idle'

/**
 * The rows that run one after another, and those that run side by side after them. `startsMs` has the moments at which the
 * processes of those with a distant server start, which are over at `endMs`.
 */
export function phasesOf(rows, runs) {
  const sideBySide = rows.filter(mostlyWaits)
  const moments = momentsOf(sideBySide.filter(hasDistantServer), runs)
  return { inTurn: rows.filter(row => !mostlyWaits(row)), sideBySide, ...moments }
}
