'use strict'
// Puts numbers, times and accounts into words.

const { tableLines } = require('./terminal.js')

const ACCOUNT_COLUMNS = [
  { key: 'id', title: 'id' },
  { key: 'name', title: 'name' },
  { key: 'accountType', title: 'type' },
  { key: 'active', title: 'active' },
  { key: 'marginAccountType', title: 'margin' },
  { key: 'legalStatus', title: 'owner' },
  { key: 'nickname', title: 'nickname' },
]

const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`
const clockTime = date => date.toTimeString().slice(0, 8)

/** Gives a time of the day, with the day if that is not today. */
function dayTime(date, now) {
  const isToday = date.toDateString() === new Date(now).toDateString()
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(part => String(part).padStart(2, '0'))
  return isToday ? clockTime(date) : `${day.join('-')} ${clockTime(date)}`
}

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** Gives the accounts as a table without empty columns, or a line that says that there are none. */
function accountLines(accounts, terminal) {
  if (accounts.length === 0) {
    return ['No accounts. That usually means the wrong environment: see TRADOVATE_ENVIRONMENT (live or demo).']
  }
  const columns = ACCOUNT_COLUMNS.filter(({ key }) => accounts.some(account => account[key] !== undefined))
  const [heading, ...lines] = tableLines(columns, accounts, terminal.width())
  return [terminal.bold(heading), ...lines]
}

module.exports = { accountLines, clockTime, count, dayTime, duration }
