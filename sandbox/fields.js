'use strict'
// Checks the fields of a request body and words what is wrong as Tradovate's violations.

const violation = (constraint, value, description) => ({ constraint, value, description })

/** `rules` maps a field to { required, longest, types, isSecret }; a secret's value is left out of the answer. */
function findViolations(body, rules) {
  const found = []
  for (const [field, { required = false, longest, types = ['string'], isSecret = false }] of Object.entries(rules)) {
    const value = body[field]
    const shown = isSecret ? null : value
    if (value === undefined || value === null || value === '') {
      if (required) found.push(violation('Required', null, `${field} is required`))
    } else if (!types.includes(typeof value)) {
      found.push(violation('Type', shown, `${field} must be a ${types.join(' or a ')}`))
    } else if (longest !== undefined && String(value).length > longest) {
      found.push(violation('MaxLength', shown, `${field} must have at most ${longest} characters`))
    }
  }
  return found
}

module.exports = { findViolations }
