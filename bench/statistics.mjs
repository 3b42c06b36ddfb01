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

/**
 * Runs of one subject in one row, and their spread. A run that has no figure, since all its calls were lost, is null and counts
 * for nothing; without any figure all of it is null. `counts` of each run are added up.
 */
export function summary(runs, counts = []) {
  const figures = runs.filter(run => run !== null)
  const spread =
    figures.length > 0
      ? { median: median(figures), least: Math.min(...figures), most: Math.max(...figures) }
      : { median: null, least: null, most: null }
  return { ...spread, runs, ...(counts.length > 0 && { counts: counts.reduce(added) }) }
}

function added(sums, counts) {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, sums[name] + count]))
}

/** The name of the best peer of a row, neither ours nor the floor; of a row of ours alone, what it is `heldAgainst`. */
export function bestPeer({ better, subjects, heldAgainst }) {
  if (heldAgainst) return heldAgainst
  const peers = Object.keys(subjects).filter(name => !isOurs(name) && name !== FLOOR && subjects[name].median !== null)
  const order = (a, b) => subjects[a].median - subjects[b].median
  return peers.sort(better === 'lower' ? order : (a, b) => order(b, a))[0]
}

/**
 * What a target comes to. `against` names a peer, by default the best one. The figure itself is held against `atMost` where the
 * target is absolute, in a row whose comparison is, and without any peer. A target of `counted` is about the sum of those counts,
 * which `what` names. A figure that there is not misses its target.
 */
export function verdict(row, target) {
  const { atMost, atLeast, what } = target
  const { value, against } = figureOf(row, target)
  const holds = value !== null && (atMost === undefined ? value >= atLeast : value <= atMost)
  return { value, isRatio: against !== undefined, against, atMost, atLeast, what, holds }
}

function figureOf(row, { against, counted, isAbsolute = row.comparison === 'absolute' }) {
  const { median, counts } = row.subjects[OURS]
  if (counted) return { value: counted.reduce((sum, name) => sum + counts[name], 0) }
  const peer = isAbsolute ? undefined : (against ?? bestPeer(row))
  if (median === null || peer === undefined) return { value: median }
  return { value: median / row.subjects[peer].median, against: peer }
}

export const OURS = 'tradovate-session'
/** Ours without a connection that is kept ready. */
export const OURS_NOT_WARM = 'tradovate-session, keepWarm: false'
/** Ours while somebody listens to its tracing channels. */
export const OURS_TRACED = 'tradovate-session, traced'
export const FLOOR = 'floor'

export const isOurs = name => [OURS, OURS_NOT_WARM, OURS_TRACED].includes(name)
