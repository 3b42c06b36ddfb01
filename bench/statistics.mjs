// Figures of several runs, and what they say about a target.

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The value below which `share` (0 to 1) of the others lie. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.floor((sorted.length - 1) * share)]
}

/** Runs of one subject in one row, and their spread. */
export function summary(runs) {
  return { median: median(runs), least: Math.min(...runs), most: Math.max(...runs), runs }
}

/** The name of the best peer of a row: neither ours nor the floor. */
export function bestPeer({ better, subjects }) {
  const peers = Object.keys(subjects).filter(name => name !== OURS && name !== FLOOR)
  const order = (a, b) => subjects[a].median - subjects[b].median
  return peers.sort(better === 'lower' ? order : (a, b) => order(b, a))[0]
}

/**
 * What a target comes to. `against` names a peer, by default the best one; without any peer in the row the figure itself is
 * held against `atMost`.
 */
export function verdict(row, { atMost, atLeast, against }) {
  const peer = against ?? bestPeer(row)
  const figure = row.subjects[OURS].median
  const isRatio = peer !== undefined && row.comparison !== 'absolute'
  const value = isRatio ? figure / row.subjects[peer].median : figure
  const holds = atMost === undefined ? value >= atLeast : value <= atMost
  return { value, isRatio, against: isRatio ? peer : undefined, atMost, atLeast, holds }
}

export const OURS = 'tradovate-session'
export const FLOOR = 'floor'
