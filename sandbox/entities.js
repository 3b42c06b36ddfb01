'use strict'
// The calls that every kind of entity has: list, item, items, deps and ldeps.

const answers = require('./answers.js')

const MOST_IDS = 10

/** The numbers of a comma-separated parameter, or undefined when it is anything else. */
function numbers(call, name) {
  const texts = (call.parameter(name) ?? '').split(',')
  return texts.every(text => /^-?\d+$/.test(text)) ? texts.map(Number) : undefined
}

/**
 * The calls of one kind. `all(call, sandbox)` gives the entities that the caller may see, and `master` is the field by which
 * deps and ldeps find them.
 */
function callsOf(all, master) {
  const list = (call, sandbox) => answers.json(all(call, sandbox))

  function item(call, sandbox) {
    const ids = numbers(call, 'id')
    if (ids?.length !== 1) return answers.badParameter('id')
    const found = all(call, sandbox).find(({ id }) => id === ids[0])
    return found === undefined ? answers.notFound() : answers.json(found)
  }

  function items(call, sandbox) {
    const ids = numbers(call, 'ids')
    if (ids === undefined) return answers.badParameter('ids')
    if (ids.length > MOST_IDS) return answers.notFound()
    return answers.json(all(call, sandbox).filter(({ id }) => ids.includes(id)))
  }

  const ownedBy = (parameter, most) => (call, sandbox) => {
    const masters = numbers(call, parameter)
    if (masters === undefined || masters.length > most) return answers.badParameter(parameter)
    return answers.json(all(call, sandbox).filter(entity => masters.includes(entity[master])))
  }

  return { list, item, items, deps: ownedBy('masterid', 1), ldeps: ownedBy('masterids', Number.POSITIVE_INFINITY) }
}

module.exports = { callsOf, numbers }
