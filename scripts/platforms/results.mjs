// What became of the tests of a platform, and the table of all platforms.

import { tableLines } from '../../cli/terminal.js'

const COLUMNS = [
  { key: 'platform', title: 'platform' },
  { key: 'built', title: 'built (s)' },
  { key: 'size', title: 'size (kB)' },
  { key: 'glibc', title: 'glibc' },
  { key: 'ranWith', title: 'ran with' },
  { key: 'passed', title: 'passed' },
  { key: 'failed', title: 'failed' },
  { key: 'leftOut', title: 'left out' },
]

/**
 * Sums up the lines that reporter.mjs wrote. A test that failed is left out if one of `known` names it: each has a `test`, the beginning
 * of its name, may have a `file`, and says `why` it cannot pass there.
 */
export function sumUp(lines, known = []) {
  const results = lines
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
  const reasonOf = ({ file, name }) =>
    known.find(entry => (!entry.file || entry.file === file) && name.startsWith(entry.test))?.why
  const failures = results.filter(({ outcome }) => outcome === 'failed')
  const named = ({ file, name }, why) => ({ name: `${file}: ${name}`, why })
  return {
    passed: results.filter(({ outcome }) => outcome === 'passed').length,
    failed: failures.filter(result => !reasonOf(result)).map(result => named(result, result.why)),
    leftOut: results
      .filter(result => result.outcome === 'skipped' || (result.outcome === 'failed' && reasonOf(result)))
      .map(result => named(result, result.outcome === 'skipped' ? result.why : reasonOf(result))),
  }
}

/** Makes the table of platforms, and under it the tests that failed or were left out, by name. */
export function report(platforms, width = Number.POSITIVE_INFINITY) {
  const rows = platforms.map(({ addonBytes, built, failed, leftOut, ...row }) => ({
    ...row,
    built: built && Math.round(built),
    size: addonBytes && Math.round(addonBytes / 1000),
    failed: failed?.length,
    leftOut: leftOut?.length,
  }))
  return [...tableLines(COLUMNS, rows, width), ...platforms.flatMap(failures), ...platforms.flatMap(omissions)]
}

/** Each test that failed on a platform, and what it said. */
function failures({ failed = [], platform }) {
  return failed.flatMap(({ name, why }) => [
    '',
    `${platform}, failed: ${name}`,
    ...why.split('\n').map(line => `  ${line}`),
  ])
}

/** The tests that were left out on a platform, those of one reason together. */
function omissions({ leftOut = [], platform }) {
  return [...new Set(leftOut.map(({ why }) => why))].flatMap(reason => [
    '',
    `${platform}, left out: ${reason}`,
    ...leftOut.filter(({ why }) => why === reason).map(({ name }) => `  ${name}`),
  ])
}
