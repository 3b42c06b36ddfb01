'use strict'
// Reads the fields of a request, checks them, and words what is wrong as Tradovate's violations.

const violation = (constraint, value, description) => ({ constraint, value, description })

/** A query has texts only: what must be a number is one if it reads like one. */
function fromQuery(text, types) {
  if (text === null) return undefined
  return !types.includes('string') && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

/**
 * The fields of the body, or else of the query, and what is wrong with them. `rules` maps a field to
 * { required, longest, types, isSecret }; a secret's value is left out of the answer.
 */
function readFields({ body, query }, rules) {
  const fields = {}
  const found = []
  for (const [field, { required = false, longest, types = ['string'], isSecret = false }] of Object.entries(rules)) {
    const value = body[field] ?? fromQuery(query.get(field), types)
    fields[field] = value
    const shown = isSecret ? null : value
    if (value === undefined || value === null || value === '') {
      if (required) found.push(violation('Required', null, `${field} is required`))
    } else if (!types.includes(typeof value)) {
      found.push(violation('Type', shown, `${field} must be a ${types.join(' or a ')}`))
    } else if (longest !== undefined && String(value).length > longest) {
      found.push(violation('MaxLength', shown, `${field} must have at most ${longest} characters`))
    }
  }
  return { fields, found }
}

module.exports = { readFields }
