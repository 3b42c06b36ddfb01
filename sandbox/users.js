'use strict'
// The people who may log in, and the trading accounts that each of them sees.

const { isRecord, rejectUnknown } = require('./options.js')
const { Permissions, readPatterns } = require('./permissions.js')

const EMAIL = 'someone@sandbox.invalid'
const FIRST_USER_ID = 1001
const FIRST_ACCOUNT_ID = 500_001

const DEFAULT_USERS = [
  { name: 'sandbox-user', password: 'sandbox-password', cid: 8, sec: 'sandbox-api-secret', accounts: [{}, {}] },
]

const USER_FIELDS = ['name', 'password', 'cid', 'sec', 'accounts', 'denied']

const isText = (value, longest) => typeof value === 'string' && value.length > 0 && value.length <= longest

class User {
  permissions = new Permissions()
  #startedAt

  constructor({ name, password, cid, sec, denied = [] }, userId, accounts, startedAt) {
    this.name = name
    this.userId = userId
    this.accounts = accounts
    this.#startedAt = startedAt
    this.cid = cid
    this.sec = sec
    this.password = password
    this.permissions.deny(readPatterns(denied, 'denied'))
  }

  accepts(request) {
    if (request.password !== this.password) return false
    if (this.cid !== undefined && String(request.cid) !== String(this.cid)) return false
    return this.sec === undefined || request.sec === this.sec
  }

  account(id) {
    return this.accounts.find(account => account.id === id)
  }

  /** As Tradovate tells of a user. */
  get entity() {
    const { userId: id, name } = this
    const timestamp = new Date(this.#startedAt).toISOString()
    return { id, name, timestamp, email: EMAIL, status: 'Active', professional: false }
  }

  get credentials() {
    const key = { ...(this.cid !== undefined && { cid: this.cid }), ...(this.sec !== undefined && { sec: this.sec }) }
    return { name: this.name, password: this.password, appId: 'Sandbox', appVersion: '1.0', ...key }
  }
}

function checkUser(user, at) {
  if (!isRecord(user)) throw new TypeError(`${at} must be an object`)
  rejectUnknown(user, USER_FIELDS, at)
  for (const field of ['name', 'password']) {
    if (!isText(user[field], 64)) throw new TypeError(`${at}.${field} must be a string of 1 to 64 characters`)
  }
  const { cid, sec, accounts, denied } = user
  if (cid !== undefined && !isText(cid, 64) && !Number.isSafeInteger(cid)) {
    throw new TypeError(`${at}.cid must be a whole number or a string of 1 to 64 characters`)
  }
  if (sec !== undefined && !isText(sec, 8_192)) {
    throw new TypeError(`${at}.sec must be a string of 1 to 8192 characters`)
  }
  if (denied !== undefined) readPatterns(denied, `${at}.denied`)
  if (accounts !== undefined && !Array.isArray(accounts)) throw new TypeError(`${at}.accounts must be an array`)
}

function checkAccount(account, at) {
  if (!isRecord(account)) throw new TypeError(`${at} must be an object`)
  if (account.id !== undefined && !Number.isSafeInteger(account.id)) {
    throw new TypeError(`${at}.id must be a whole number`)
  }
  if (account.name !== undefined && !isText(account.name, 64)) {
    throw new TypeError(`${at}.name must be a string of 1 to 64 characters`)
  }
}

class Users {
  #byName = new Map()
  #takenIds = new Set()
  #nextAccountId = FIRST_ACCOUNT_ID

  constructor(users = DEFAULT_USERS, startedAt) {
    this.#checkAll(users)
    for (const [index, user] of users.entries()) {
      const userId = FIRST_USER_ID + index
      const accounts = (user.accounts ?? [{}]).map(account => this.#complete(account, userId, startedAt))
      this.#byName.set(user.name, new User(user, userId, accounts, startedAt))
    }
  }

  #checkAll(users) {
    const names = new Set()
    for (const [index, user] of users.entries()) {
      const at = `options.users[${index}]`
      checkUser(user, at)
      if (names.has(user.name)) throw new TypeError(`${at}.name is there twice`)
      names.add(user.name)
      for (const [position, account] of (user.accounts ?? []).entries()) {
        checkAccount(account, `${at}.accounts[${position}]`)
        if (account.id !== undefined) this.#takenIds.add(account.id)
      }
    }
  }

  #complete(account, userId, startedAt) {
    const id = account.id ?? this.#freeAccountId()
    return {
      id,
      name: `SANDBOX${id}`,
      userId,
      accountType: 'Customer',
      active: true,
      clearingHouseId: 2,
      riskCategoryId: 1,
      autoLiqProfileId: 1,
      marginAccountType: 'Speculator',
      legalStatus: 'Individual',
      timestamp: new Date(startedAt).toISOString(),
      ...account,
    }
  }

  #freeAccountId() {
    while (this.#takenIds.has(this.#nextAccountId)) this.#nextAccountId += 1
    return this.#nextAccountId++
  }

  get first() {
    return this.#byName.values().next().value
  }

  /** Those of all users; two users can have the same account. */
  get accountIds() {
    return [...this.#byName.values()].flatMap(({ accounts }) => accounts.map(({ id }) => id))
  }

  named(name) {
    return this.#byName.get(name)
  }

  /** The user of that name, or the first one without a name. */
  chosen(name) {
    const user = name === undefined ? this.first : this.named(name)
    if (user === undefined) throw new TypeError('there is no user of that name')
    return user
  }
}

module.exports = { Users }
