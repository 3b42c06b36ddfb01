'use strict'
// The shapes that an answer can have; `outcome` is what the log calls it.

const json = (value, outcome = 'ok') => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
  outcome,
})

const refusal = (status, body = '', headers = {}) => ({
  status,
  headers: body === '' ? headers : { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
  outcome: 'refused',
})

const notFound = () => refusal(404)

/** The entity, or 404 if there is none. */
const found = entity => (entity === undefined ? notFound() : json(entity))

const badParameter = name => refusal(400, `Missing or malformed parameter: ${name}`)

/** An order or a command that is refused: HTTP 200 all the same. */
const failure = (failureReason, failureText) => json({ failureReason, failureText }, 'refused')

const errorText = text => json({ errorText: text }, 'errorText')

const violations = list => json({ violations: list }, 'refused')

const penalty = ({ ticket, seconds, captcha, message }) =>
  json(
    {
      'p-ticket': ticket,
      'p-time': seconds,
      ...(captcha && { 'p-captcha': true }),
      ...(message !== undefined && { 'p-message': message }),
    },
    'penalty',
  )

const redirect = location => refusal(307, '', { location })

module.exports = { badParameter, errorText, failure, found, json, notFound, penalty, redirect, refusal, violations }
