'use strict'
// The shapes that an answer can have; `outcome` is what the log calls it.

const json = (value, outcome = 'ok') => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
  outcome,
})

const refusal = (status, body = '', headers = {}) => ({
  status,
  headers: body === '' ? headers : { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
  outcome: 'refused',
})

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

module.exports = { errorText, json, penalty, redirect, refusal, violations }
