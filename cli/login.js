'use strict'
// The login that a command uses. Credentials come from the file of --credentials, the environment variables or a person, and never
// from an argument.

const { baseUrlText, environmentName } = require('../input/checks.js')
const { fieldsFromEnvironment, IDENTITY } = require('../input/credentials.js')
const { readCredentialsFile } = require('./credentials-file.js')
const { UsageError } = require('./failure.js')
const { canAsk, Prompt } = require('./prompt.js')
const { storeOf } = require('./store.js')

const QUESTIONS = [
  { field: 'name', variable: 'TRADOVATE_NAME', question: 'Name: ', required: true },
  {
    field: 'password',
    variable: 'TRADOVATE_PASSWORD',
    question: 'Password (not shown): ',
    hidden: true,
    required: true,
  },
  { field: 'appId', variable: 'TRADOVATE_APP_ID', question: 'App id (Enter for none): ' },
  { field: 'appVersion', variable: 'TRADOVATE_APP_VERSION', question: 'App version (Enter for none): ' },
  { field: 'cid', variable: 'TRADOVATE_CID', question: 'API key id, cid (Enter for none): ' },
  {
    field: 'sec',
    variable: 'TRADOVATE_SEC',
    question: 'API key secret, sec (not shown, Enter for none): ',
    hidden: true,
  },
]
const NONE_GIVEN =
  'No credentials: set TRADOVATE_NAME and TRADOVATE_PASSWORD, name a file with --credentials, or run this in a terminal'

/** Gives the credentials for `Session.open`, or a function that reads them anew for each login. */
async function credentialsOf({ credentials: file }, { env, stop }) {
  if (file !== undefined) return () => readCredentialsFile(file, env).credentials
  const fields = fieldsFromEnvironment(env)
  if (fields.name !== undefined && fields.password !== undefined) return fields
  return fieldsFromEnvironment(await answered(QUESTIONS, env, stop))
}

/** Gives the name, appId and cid, by which a stored token is found. No secret is needed for that. */
async function identityOf({ credentials: file }, { env, stop }) {
  const fields = file === undefined ? fieldsFromEnvironment(env) : readCredentialsFile(file, env).credentials
  if (fields.name !== undefined) return identityIn(fields)
  const questions = QUESTIONS.filter(({ field }) => IDENTITY.includes(field))
  return identityIn(fieldsFromEnvironment(await answered(questions, env, stop)))
}

function identityIn(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => IDENTITY.includes(name)))
}

/** Asks a person for the variables that are missing, and gives all of them. */
async function answered(questions, env, stop) {
  if (!canAsk()) throw new UsageError(NONE_GIVEN)
  const variables = { ...env }
  const prompt = new Prompt(stop)
  try {
    for (const { field, variable, question, hidden, required } of questions) {
      if (variables[variable]) continue
      variables[variable] = await prompt.ask(question, { hidden })
      if (required && variables[variable] === '') throw new UsageError(`Without a ${field} there is no login`)
    }
  } finally {
    prompt.close()
  }
  return variables
}

/** Gives the options of a session that the command line, the credentials file and the environment variables have. */
function sessionOptionsOf(given, context) {
  const options = {
    environment: given.environment ?? variable('TRADOVATE_ENVIRONMENT', environmentName, context),
    baseUrl: baseUrlOf(given) ?? variable('TRADOVATE_BASE_URL', baseUrlText, context),
    store: storeOf(given, context),
    timeoutMs: given.timeout,
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function baseUrlOf({ baseUrl }) {
  return baseUrl === undefined ? undefined : baseUrlText(baseUrl, '--base-url')
}

function variable(name, check, { env }) {
  return env[name] ? check(env[name], name) : undefined
}

module.exports = { credentialsOf, identityOf, sessionOptionsOf }
