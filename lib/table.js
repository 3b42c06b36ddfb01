'use strict'
// Alike objects that come as a table: the core has taken the names and the common texts of their fields out of them.

const NUMBER = 'n'

// `cells` is JSON: `[[[keys, kinds], …], [cell, …]]`. `values` has for each object the number of its shape, and for each key a
// number or the number of a cell, as the shape's kinds say.
function readTable(cells, values) {
  const [shapes, texts] = JSON.parse(cells)
  const patterns = shapes.map(patternOf)
  const objects = []
  let at = 0
  while (at < values.length) {
    const pattern = patterns[values[at]]
    at += 1
    objects.push(objectOf(pattern, texts, values, at))
    at += pattern.keys.length
  }
  return objects
}

function patternOf([keys, kinds]) {
  return { keys, isNumber: Array.from(kinds, kind => kind === NUMBER), first: undefined }
}

function objectOf(pattern, texts, values, from) {
  const { keys, isNumber, first } = pattern
  // A copy of the first one has all fields already: setting them is faster than adding them.
  const object = first === undefined ? {} : { ...first }
  for (let i = 0; i < keys.length; i += 1) {
    const value = values[from + i]
    object[keys[i]] = isNumber[i] ? value : texts[value]
  }
  if (first === undefined) pattern.first = { ...object }
  return object
}

module.exports = { readTable }
