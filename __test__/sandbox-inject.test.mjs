// Faults that make no sense are refused where they are ordered.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startSandbox } from '../sandbox/index.js'

describe('inject() refuses', () => {
  let sandbox
  before(async () => {
    sandbox = await startSandbox()
  })
  after(() => sandbox.close())

  const login = { endpoint: 'login' }
  const cases = {
    'no object': [undefined, /fault must be an object/],
    'no endpoint': [{ status: 500 }, /fault\.endpoint/],
    'an endpoint that is neither a name nor a path': [{ endpoint: 'accounts', status: 500 }, /fault\.endpoint/],
    'an unknown key': [{ ...login, status: 500, time: 2 }, /'time'/],
    'nothing that goes wrong': [login, /exactly one of status, fault, penalty, latencyMs/],
    'two things that go wrong': [{ ...login, status: 500, latencyMs: 5 }, /exactly one of/],
    'times of 0': [{ ...login, status: 500, times: 0 }, /fault\.times/],
    'times of a half': [{ ...login, status: 500, times: 0.5 }, /fault\.times/],
    'a status below 200': [{ ...login, status: 100 }, /fault\.status/],
    'a status above 599': [{ ...login, status: 600 }, /fault\.status/],
    'a status as text': [{ ...login, status: '500' }, /fault\.status/],
    'a body that is no text': [{ ...login, status: 500, body: {} }, /fault\.body/],
    'a body without a status': [{ ...login, fault: 'hang', body: '' }, /fault\.status/],
    'headers that are no texts': [{ ...login, status: 500, headers: { a: 1 } }, /fault\.headers/],
    'a header name that cannot be sent': [{ ...login, status: 500, headers: { 'a b': '1' } }, /a b/],
    'a header value that cannot be sent': [{ ...login, status: 500, headers: { a: 'x\ny' } }, /Invalid character/],
    'a name that is no fault': [{ ...login, fault: 'explode' }, /fault\.fault must be one of hang/],
    'notExtending at another endpoint': [{ ...login, fault: 'notExtending' }, /needs endpoint 'renew'/],
    'notExtending at any endpoint': [{ endpoint: 'any', fault: 'notExtending' }, /needs endpoint 'renew'/],
    'a penalty that is no object': [{ ...login, penalty: 15 }, /fault\.penalty/],
    'a penalty without seconds': [{ ...login, penalty: {} }, /fault\.penalty\.seconds/],
    'a penalty of negative seconds': [{ ...login, penalty: { seconds: -1 } }, /fault\.penalty\.seconds/],
    'a captcha that is neither true nor false': [{ ...login, penalty: { seconds: 1, captcha: 1 } }, /captcha/],
    'an unknown key of a penalty': [{ ...login, penalty: { seconds: 1, wait: 2 } }, /'wait'/],
    'a negative latency': [{ ...login, latencyMs: -1 }, /fault\.latencyMs/],
    'a latency beyond what a timer holds': [{ ...login, latencyMs: 2 ** 31 }, /fault\.latencyMs/],
    'a latency as text': [{ ...login, latencyMs: '5' }, /fault\.latencyMs/],
  }
  for (const [what, [fault, message]] of Object.entries(cases)) {
    it(what, () => assert.throws(() => sandbox.inject(fault), { name: 'TypeError', message }))
  }

  it('and what it refused harms no call', async () => {
    const answer = await fetch(`${sandbox.baseUrl}/auth/accesstokenrequest`, {
      method: 'POST',
      body: JSON.stringify(sandbox.credentials),
    })
    assert.ok((await answer.json()).accessToken)
  })

  it('nothing of what it was given is changed, and later changes to it do not matter', async () => {
    const fault = Object.freeze({ endpoint: 'login', penalty: { seconds: 3 } })
    sandbox.inject(fault)
    fault.penalty.seconds = 9
    const answer = await fetch(`${sandbox.baseUrl}/auth/accesstokenrequest`, { method: 'POST', body: '{}' })
    assert.equal((await answer.json())['p-time'], 3)
  })
})
