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
 * The calls of one kind. `all(call, sandbox)` gives the entities that the caller may see. deps and ldeps are there if there is a
 * `master`, the field by which they find entities, and find and suggest if the entities have names (`isNamed`).
 */
function callsOf(all, { master, isNamed = false } = {}) {
  const list = (call, sandbox) => answers.json(all(call, sandbox))

  function item(call, sandbox) {
    const ids = numbers(call, 'id')
    if (ids?.length !== 1) return answers.badParameter('id')
    return answers.found(all(call, sandbox).find(({ id }) => id === ids[0]))
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

  const byMaster = { deps: ownedBy('masterid', 1), ldeps: ownedBy('masterids', Number.POSITIVE_INFINITY) }
  const byName = { find: find(name => entity => entity.name === name, all), suggest: suggest(all) }
  return { list, item, items, ...(master !== undefined && byMaster), ...(isNamed && byName) }
}

/** The first entity for which `isMeant(name, sandbox)` holds. */
const find = (isMeant, all) => (call, sandbox) => {
  const name = call.parameter('name')
  if (!name) return answers.badParameter('name')
  return answers.found(all(call, sandbox).find(isMeant(name, sandbox)))
}

const suggest = all => (call, sandbox) => {
  const text = call.parameter('t')
  if (text === undefined) return answers.badParameter('t')
  const most = numbers(call, 'l')
  if (most?.length !== 1 || most[0] < 0) return answers.badParameter('l')
  const wanted = text.toLowerCase()
  const matching = all(call, sandbox).filter(({ name }) => name.toLowerCase().includes(wanted))
  return answers.json(matching.slice(0, most[0]))
}

module.exports = { callsOf, find }
