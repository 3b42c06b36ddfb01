// When the processes of rows with a distant server start. They mostly wait, so all rows run side by side; but no two processes start
// or make a measured call at the same moment.
//
// What a client does by itself while it waits, such as closing and replacing connections, is not planned: it takes a few
// milliseconds, and nobody but the client knows when.

/** Processes at the same time: as many as the memory of a small machine holds. */
const AT_ONCE = 100
/** A process keeps its core busy for so long when it starts. */
const STARTING_MS = 500
/** Round trips of opening a client and of the connection for its first call. */
const OPENING = 6
/** Round trips of a call whose connection is there, with what the machine takes for it. */
const READY_CALL = 1.1
/** Round trips of a call that needs a new connection, likewise. */
const NEW_CONNECTION = 3.1
const SLACK_MS = 20
/** After its last call a process asks the server what it has received, and ends. */
const ENDING_MS = 100
const CELL_MS = 50

/** A process has started, opened its client and warmed up within this, also on a busy machine. */
export const READY_WITHIN_MS = 8_000

/**
 * When a process of a row starts or measures, as `[from, to]` in milliseconds since its start. Each idle time begins with an answer,
 * so it is the less certain when a call comes, the more calls came before.
 */
export function busyOf({ idleMs, warmUp, calls, server: { roundTripMs } }) {
  if (idleMs === 0) return [[0, STARTING_MS + (OPENING + (warmUp + calls) * READY_CALL) * roundTripMs + ENDING_MS]]
  const idleTimes = Array.from({ length: calls }, (_, call) => call + 1)
  const ofCalls = idleTimes.map(count => {
    const idle = READY_WITHIN_MS + count * idleMs
    return [idle + count * roundTripMs, idle + (READY_CALL + count * NEW_CONNECTION) * roundTripMs + SLACK_MS]
  })
  const [from, to] = ofCalls.at(-1)
  return [[0, STARTING_MS], ...ofCalls.slice(0, -1), [from, to + ENDING_MS]]
}

/**
 * The moments at which the processes of each row start, `startsMs` by the row's id, in milliseconds since the beginning and in the
 * order of runs with a process for each subject; and when the last one has ended. Each starts as early as those before it allow;
 * those that take longest come first, and rows take turns.
 */
export function momentsOf(rows, runs, atOnce = AT_ONCE) {
  const taken = { busy: [], running: [] }
  const startsMs = Object.fromEntries(rows.map(({ id }) => [id, []]))
  for (const { id, stretches } of processesOf(rows, runs)) {
    const start = firstFit(taken, stretches, atOnce)
    occupy(taken, stretches, start)
    startsMs[id].push(start * CELL_MS)
  }
  return { startsMs, endMs: taken.running.length * CELL_MS }
}

/** All processes, in the order in which they get their moments. */
function processesOf(rows, runs) {
  const cells = rows.map(row => ({
    id: row.id,
    stretches: busyOf(row).map(inCells),
    count: runs * row.subjects.length,
  }))
  const rounds = Math.max(0, ...cells.map(({ count }) => count))
  const inTurn = Array.from({ length: rounds }, (_, round) => cells.filter(({ count }) => round < count)).flat()
  return inTurn.sort((a, b) => lengthOf(b.stretches) - lengthOf(a.stretches))
}

const inCells = ([from, to]) => [Math.floor(from / CELL_MS), Math.ceil(to / CELL_MS)]
const lengthOf = stretches => stretches.at(-1)[1]

function firstFit(taken, stretches, atOnce) {
  for (let start = 0; ; start += 1) if (fits(taken, stretches, atOnce, start)) return start
}

function fits({ busy, running }, stretches, atOnce, start) {
  for (const [from, to] of stretches) for (let at = start + from; at < start + to; at += 1) if (busy[at]) return false
  const end = start + lengthOf(stretches)
  for (let at = start; at < end; at += 1) if (running[at] >= atOnce) return false
  return true
}

function occupy({ busy, running }, stretches, start) {
  for (const [from, to] of stretches) for (let at = start + from; at < start + to; at += 1) busy[at] = true
  const end = start + lengthOf(stretches)
  for (let at = start; at < end; at += 1) running[at] = (running[at] ?? 0) + 1
}
