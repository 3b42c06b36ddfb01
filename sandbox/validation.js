'use strict'
// Reads the fields of a request, checks them, and words what is wrong as Tradovate's violations.

const violation = (constraint, value, description) => ({ constraint, value, description })

/** A query has texts only: what must be a number, true or false is one if it reads like one. */
function fromQuery(text, types) {
  if (text === null) return undefined
  if (types.includes('boolean') && ['true', 'false'].includes(text)) return text === 'true'
  const mayBeText = types.includes('string') || text.trim() === '' || !Number.isFinite(Number(text))
  return mayBeText ? text : Number(text)
}

/** What is wrong with a value that is there; undefined if nothing is. */
function faultOf(value, { longest, types = ['string'], oneOf }) {
  if (!types.includes(typeof value)) return ['Type', `must be a ${types.join(' or a ')}`]
  if (longest !== undefined && String(value).length > longest) {
    return ['MaxLength', `must have at most ${longest} characters`]
  }
  return oneOf === undefined || oneOf.includes(value) ? undefined : ['OneOf', `must be one of ${oneOf.join(', ')}`]
}

/**
 * The fields of the body, or else of the query, and what is wrong with them. `rules` maps a field to
 * { required, longest, types, oneOf, isSecret }; a secret's value is left out of the answer. `within` names the object that they are in.
 */
function readFields({ body, query }, rules, within = '') {
  const fields = {}
  const found = []
  for (const [field, rule] of Object.entries(rules)) {
    const value = body[field] ?? fromQuery(query.get(field), rule.types ?? ['string']) ?? undefined
    fields[field] = value
    const name = `${within}${field}`
    if (value === undefined || value === '') {
      if (rule.required) found.push(violation('Required', null, `${name} is required`))
      continue
    }
    const fault = faultOf(value, rule)
    if (fault !== undefined) found.push(violation(fault[0], rule.isSecret ? null : value, `${name} ${fault[1]}`))
  }
  return { fields, found }
}

module.exports = { readFields }
